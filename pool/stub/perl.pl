# The Perl worker. The protocol is written down in stub.go.
package XPool;

# Before the worker's own variables and pragmas, which the user's code is not to see.
sub compile { eval $_[0]; die $@ if $@ }

use strict;

my ($requests, $replies, $own);    # above 2: programs that tasks start do not get them
my ($buffer, $start) = ('', 0);    # what is read of the requests, and how much of it is done with
my $attached;                      # standard output is a task's
my $exited;                        # the status that the code has called exit with
my $fresh;                         # the code is to be compiled for each task
my ($stat, $children, $faults);
my (%pair, %layers);
my $pid = $$;

# exit leaves the task, through any eval. Where no loop can be left, as in a
# sort or a signal handler, perl dies of that instead; attempt knows by $exited.
BEGIN {
    *CORE::GLOBAL::exit = sub (;$) {
        $exited = ($_[0] || 0) & 255;
        last XPOOL_TASK;
    };
    *CORE::GLOBAL::fork = sub () {
        my $child = CORE::fork();
        if (defined $child && !$child) { close $_ for $requests, $replies, $own, map { @$_ } values %pair }
        return $child;
    };
}

# finish ends the worker or, after a fork, a child of it.
sub finish { CORE::exit($_[0]) }

sub fail {
    print STDERR "xpool: $_[0]\n";
    finish(1);
}

# attach makes standard output and standard error those that are given. Opening
# them has put away their layers; those that init has left are put back.
sub attach {
    my ($out, $err) = @_;
    $attached = $out != $own;
    open STDOUT, '>&', $out or fail("cannot set standard output: $!");
    open STDERR, '>&', $err or fail("cannot set standard error: $!");
    binmode STDOUT, $layers{1} if $layers{1};
    binmode STDERR, $layers{2} if $layers{2};
}

# flush writes what is buffered, and leaves $| as it is.
sub flush {
    my $selected = select STDERR;
    my $unbuffered = $|;
    $| = 1;
    $| = $unbuffered;
    select STDOUT;
    $unbuffered = $|;
    $| = 1;
    $| = $unbuffered;
    select $selected;
}

# more reads some of the requests. At their end the worker ends, be it in a frame.
# Waiting does not begin while standard output is still a task's.
sub more {
    attach($own, $own) if $attached;
    substr $buffer, 0, $start, '';
    $start = 0;
    my $n;
    do { $n = sysread $requests, $buffer, 1 << 16, length $buffer } until defined $n || $! != 4;    # EINTR
    if (!$n) {
        close $replies;
        finish(0);
    }
}

# frame returns the words of the next request and what they announce.
sub frame {
    my $end;
    more() while ($end = index $buffer, "\n", $start) < 0;
    my @words = split / /, substr $buffer, $start, $end - $start;
    $start = $end + 1;
    my @parts;
    for my $size (splice @words, $words[0] eq 'task' ? 4 : 2) {
        more() while length($buffer) - $start < $size;
        push @parts, substr $buffer, $start, $size;
        $start += $size;
    }
    return \@words, \@parts;
}

# attempt calls code with the other arguments and returns the exit status. A
# forked child ends here.
sub attempt {
    my $code = shift;
    my $status = 1;
    $exited = undef;
    XPOOL_TASK: {
        local ($\, $,);
        last if eval { &$code; $status = 0; 1 } or defined $exited;
        print STDERR $@;
    }
    $status = $exited if defined $exited;
    return $status if $$ == $pid;
    flush();
    finish($status);
}

# unchanged tells whether surely no process was started since its last call. A
# child that ends while SIGCHLD is ignored would leave no trace, and another
# thread's are listed elsewhere.
sub unchanged {
    my ($text, $child, $before) = ('', '', $faults);
    return 0 unless $stat && $children;
    sysseek $_, 0, 0 for $stat, $children;
    return 0 unless defined sysread $children, $child, 1 and sysread $stat, $text, 4096;
    $faults = (split / /, substr($text, rindex $text, ')'), 11)[9];    # cminflt
    return $child eq '' && $faults == $before && ($SIG{CHLD} || '') ne 'IGNORE' && !$INC{'threads.pm'} ? 1 : 0;
}

sub pair {
    my ($number, @paths) = @_;
    delete $pair{$number};
    for my $path (@paths) {
        sysopen my $handle, $path, 1 or fail("cannot open $path: $!");    # O_WRONLY
        push @{$pair{$number}}, $handle;
    }
}

sub task {
    my ($code, $words, $args) = @_;
    my (undef, $seq, $attempt, $number) = @$words;
    attach(@{$pair{$number} || fail("no pair $number is open")});
    @ENV{'XPOOL_SEQ', 'XPOOL_ATTEMPT'} = ($seq, $attempt);
    ($main::arg, $main::seq, @main::args) = ($args->[0], $seq, @$args);
    select STDOUT;
    local $_ = $main::arg;
    my $status = attempt($code, @$args);
    flush();
    my $clean = unchanged();
    if (!$clean) {
        attach($own, $own);
        delete $pair{$number};
    }
    syswrite $replies, "$seq $status $clean\n";
}

# serve is called by the text that program makes, when init has run.
sub serve {
    my ($code, $evaluate, $text) = @_;
    if ($$ != $pid) { flush(); finish(0) }
    for my $handle (\*STDOUT, \*STDERR) {
        $layers{fileno $handle} = join '', map { ":$_" } grep { !/^(unix|perlio)$/ } PerlIO::get_layers($handle);
    }
    open $stat, '<', '/proc/self/stat';
    open $children, '<', "/proc/self/task/$$/children";
    binmode $_ for grep { defined fileno $_ } $stat, $children;
    unchanged();
    opendir my $home, '.';
    my $step = $fresh ? sub { recompile($evaluate, $text, @_) } : $code;
    syswrite $replies, "ready\n";
    while (my ($words, $parts) = frame()) {
        if ($words->[0] eq 'task') {
            task($step, $words, $parts);
            chdir $home if $home;
        } else {
            pair($words->[1], @$parts);
        }
    }
}

# A named sub is made once and keeps the my variables that it found then, which
# are not those of a later task. Perl warns of that, and then the code is compiled
# anew for each task, outside of any sub: slower, but right.
sub watch {
    my $shared = qr/^Variable .* (is not available|will not stay shared) at <code>/;
    $SIG{__WARN__} = sub { $_[0] =~ $shared ? $fresh = 1 : warn @_ };
}
sub unwatch { delete $SIG{__WARN__} }

sub recompile {
    my ($evaluate, $text, @args) = @_;
    local $SIG{__WARN__} = sub { warn @_ unless $_[0] =~ /^Subroutine .* redefined at <code>/ };
    $evaluate->($text, @args);
    die $@ if $@;
}

# program returns the text that runs init and serves with code. They are one
# text, so that the code sees the my variables and imports of init.
sub program {
    my ($code, $init) = @_;
    my $last = 1 + ($code =~ tr/\n//);
    my ($watch, $unwatch) = ('', '');
    ($watch, $unwatch) = ("use warnings 'closure'; BEGIN { XPool::watch() }", 'BEGIN { XPool::unwatch() }')
        if $code =~ /\bsub\s+\w/;
    my $text = qq(package main; our (\$arg, \@args, \$seq);\n#line 1 "<code>"\n$code\n);
    return $text, qq(package main; our (\$arg, \@args, \$seq);\n#line 1 "<init>"\n$init\n;)
        . qq(XPool::serve(sub { $watch $text\n#line $last "<code>"\n}, sub { eval shift }, \$XPool::text); $unwatch);
}

open $requests, '<&', \*STDIN;
open $replies, '>&', \*STDOUT;
open $own, '>&', \*STDERR;
binmode $_ for $requests, $replies;
open STDIN, '<', '/dev/null';
attach($own, $own);

my ($words, $parts) = frame();
our $text;
($text, my $program) = program(@$parts);
my $status = attempt(
    sub {
        die "the mode call is not for Perl\n" if $words->[1] ne 'code';
        compile($program);
    }
);
print STDERR "init ended with exit status $status\n" if !$status || defined $exited;
flush();
syswrite $replies, "failed\n";
finish(1);
