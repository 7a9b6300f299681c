# The tasks of Perl, and workers that speak the protocols.
use strict;
use warnings;
use Time::HiRes ();

sub note {
	open my $log, '>>', $ENV{CHAOS_LOG} or die $!;
	syswrite $log, "@_\n";
	close $log;
}

# task does what an act of task.go says. It returns what it is to print, if that is
# wanted in one piece, and an exit status.
sub task {
	my ($record, $quiet) = @_;
	my ($seq, $act, $lines, $width, $pause, $arg) = split ' ', $record;
	my $out = '';
	note('B', $seq, $$, $ENV{XPOOL_ATTEMPT} // 0);
	for my $n (1 .. $lines) {
		my $line = sprintf "<%s.%s %0*d\n", $seq, $n, $width, 0;
		if ($quiet) { $out .= $line } else { print $line }
		print STDERR "!$seq.$n\n" if $act eq 'stderr';
		act($act, $pause, $arg) if $n == 1;
	}
	act($act, $pause, $arg) if $lines == 0;
	note('E', $seq, $$);
	exit $arg if $act eq 'exit' && !$quiet;
	return ($out, $act eq 'exit' ? $arg : 0);
}

sub act {
	my ($act, $pause, $arg) = @_;
	Time::HiRes::sleep($pause / 1000) if $pause;
	if ($act eq 'crash') {
		kill $arg, $$;
		sleep 1000;
	} elsif ($act eq 'hang') {
		sleep 1000;
	} elsif ($act eq 'stray') {
		for my $session (0, 1) {
			next if fork;
			exec $session ? 'setsid' : (), 'sleep', 1000;
		}
	} elsif ($act eq 'flaky') {
		exit 9 if $ENV{XPOOL_ATTEMPT} < $arg;
	}
}

sub put {
	my ($text) = @_;
	while (length $text) {
		my $n = syswrite(STDOUT, $text) // die $!;
		substr($text, 0, $n) = '';
	}
}

# answer writes a reply in one piece, or does what is none.
sub answer {
	my ($record, $text, $end) = @_;
	my ($act, $arg) = (split ' ', $record)[1, 5];
	if ($act eq 'half') {
		put(substr $text, 0, length($text) / 2);
		kill $arg, $$;
		sleep 1000;
	}
	put(($act eq 'garbage' ? 'garbage: ' : '') . $text . $end);
	exit 0 if $act eq 'leave';
}

# next_record reads no more than a record.
sub next_record {
	my ($end) = @_;
	my $record = '';
	while (sysread STDIN, my $c, 1) {
		return $record if $c eq $end;
		$record .= $c;
	}
	return undef;
}

sub lines {
	my ($end) = @_;
	while (defined(my $record = next_record($end))) {
		my ($out) = task($record, 1);
		chomp $out;
		answer($record, $out, $end);
	}
}

# json takes requests apart as far as the records of these tasks ask for it.
sub json {
	while (defined(my $request = next_record("\n"))) {
		my ($record) = $request =~ /"arguments":\["([^"]*)"\]/ or die $request;
		my ($out, $status) = task($record, 1);
		$out =~ s/\n/\\n/g;
		answer($record, qq({"exitCode":$status,"output":"$out"}), "\n");
	}
}

unless (caller) {
	my $mode = shift;
	$mode eq 'lines' ? lines("\n") : $mode eq 'nul' ? lines("\0") : json();
}

1;
