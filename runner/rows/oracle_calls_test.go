package rows

import "slices"

// oracleCalls are calls in the form of parseCall.
func oracleCalls() []string {
	return slices.Concat(sourceCalls(), recordCalls(), columnCalls(), taskCalls())
}

// sourceCalls are about how sources are put together.
func sourceCalls() []string {
	return []string{
		// Products, and where the shorter one of linked sources ends.
		" ; ::: 1 2 3 ::: a b",
		" ; ::: 1 2 ::: a b ::: X Y Z",
		" ; ::: 1 2 3 :::+ a b ::: X Y",
		" ; ::: X Y ::: 1 2 3 :::+ a b",
		" ; ::: 1 2 :::+ a b ::: X Y :::+ p q r",
		" ; :::+ 1 2 ::: a b",
		" ; :::: ab ::::+ xyz xyz",
		" ; :::: ab xyz ::::+ xyz",
		" ; ::::+ ab xyz",
		"-a ab -a xyz ; ::: 1",
		"-a ab ; :::: xyz ::: Q",

		// Sources without a record.
		" ; ::: 1 2 :::",
		" ; ::: ::: 1 2",
		" ; ::: :::",
		" ; :::: ab empty",
		" ; :::: ab ::::+ empty",
		" ; ::: :::+ x y ::: 1 2",
		" ; ",
		" ; ::: 1 2 ::::",

		// --link starts again.
		"--link ; ::: 1 2 3 ::: a b",
		"--link ; ::: a b ::: x y z ::: 1",
		"--link ; ::: 1 2 3 :::+ a b ::: X Y",
		"--link ; :::: ab - ; 1\\n2\\n3\\n4\\n5\\n",

		// The end of a source.
		"-E b ; ::: a b c ::: X b Y",
		"--link -E b ; ::: a b c ::: X c d",
		"-E y ; ::: a b c :::+ x y z",
		"-C , -E a ; ::: _a_ a,b a b",
		"-E b --trim lr ; ::: _b a b c",
	}
}

// recordCalls are about where records come from, and where they end.
func recordCalls() []string {
	return []string{
		// Standard input.
		" ; :::: - ab ; 1\\n2\\n",
		" ; :::: ab - ; 1\\n2",
		"-a - ; ::: a b ; 1\\n2\\n",
		" ; ::: a ; 1\\n2\\n",
		" ;  ; 1\\n\\n_\\n2\\n",
		"-0 ; :::: nul",
		"-0 ; ::: a\\nb c",
		" ; ::: a\\nb c\\n",

		// Other separators.
		"--arg-sep ,, ; ,, a b ,,+ X Y",
		"--arg-file-sep ,, ; ::: a b ,,+ xyz",
		"--arg-sep :::: ; :::: ab",
		"--arg-file-sep ::: ; ::: ab",

		// Blank records.
		"-r ; ::: a '' _ ::: '' b c",
		"-r --link ; ::: a '' _ ::: '' b c",
		"-r -L 1 ; ::: a_ _ _ b _ _ c _",
		"-r -L 1 ; ::: a_ _ b_ '' c '' _d",
		"-r -C , ; ::: , _,_ '' _ a",
	}
}

// columnCalls are about what records become.
func columnCalls() []string {
	return []string{
		// Columns.
		"-C , ; ::: a,b c,_d_,e _f '' ,",
		"-C , --trim n ; ::: a,b c,_d_,e_ _f '' ,,",
		"-C , --trim l ; ::: _a_,_b_",
		"-C , --trim r ; ::: _a_,_b_",
		"--trim rl ; ::: _a_,_b_ \\ta\\n",
		"-C , ; ::: a,b c ::: e,f g,h",
		"-C , ; ::: a,b c,d :::+ e,f g,h",
		"-C , ; ::: '' a ::: X",
		"-C \\t ; :::: tsv",

		// Headers.
		"--header : ; ::: f1 A B ::: f2 C D",
		"--header : ; :::: tsv ::: f2 X",
		"--header : -C , ; ::: a,b 1,2 ::: c,d 3,4",
		"--header .* ; ::: a 1 :::+ b 3 4",
		"--header 2 ; ::: a 1 2 ::: b",
		"--header : ; :::: empty",
		"--header : -E a ; ::: a 2",
		"--header : -r ; ::: '' a 2",
		"--header 0 ; ::: a\\tb c",
	}
}

// taskCalls are about how many rows a task gets.
func taskCalls() []string {
	return []string{
		// Several rows in a task.
		"-N 2 ; ::: a b c d e",
		"-n 3 ; ::: a b c ::: X Y",
		"-n 2 -C , ; ::: a,b c,d e,f",
		"-n 0 ; ::: a b",
		"-L 1 ; :::: lines",
		"-L 2 ; :::: lines",
		"--header : -L 1 ; :::: lines",
		"-r -L 1 ; :::: lines",
		"-L 1 ; ::: a_ b ::: X_ Y",
		"-E c -L 1 ; :::: lines",

		// Several rows, spread over the slots.
		"-j 2 -X ; ::: 1 2 3 4 5 6 7 8 9",
		"-j 4 -X ; ::: 1 2 3 4 5 6 7 8 9",
		"-j 4 -m ; ::: 1 2 3 4 5",
		"-j 2 -X -n 4 ; ::: 1 2 3 4 5 6 7 8",
		"-j 2 -m -n 3 ; ::: 1 2 3 4 5 6 7 8 9 10 11",
		"-j 3 -X ; ::: 1 2 3 4 5 ::: a b",
		"-j 3 -X -L 2 ; ::: 1 2 3 4 5 6 7 8",
	}
}
