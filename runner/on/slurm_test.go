package on

import (
	"reflect"
	"testing"
)

func TestAgents(t *testing.T) {
	outside := map[string]string{}
	inside := map[string]string{"SLURM_JOB_ID": "7", "SLURM_JOB_NUM_NODES": "2"}
	for _, tt := range []struct {
		text string
		env  map[string]string
		want []string // the options of each; nil if it is refused
	}{
		{"", outside, []string{"--nodes=1 --ntasks=1"}},
		{"-p long", outside, []string{"-p long --nodes=1 --ntasks=1"}},
		{"-N2 -c 8", outside, []string{"-c 8 --nodes=1 --ntasks=1", "-c 8 --nodes=1 --ntasks=1"}},
		{"--nodes 2 --ntasks=1", outside, []string{"--nodes=1 --ntasks=1", "--nodes=1 --ntasks=1"}},
		{"", inside, []string{"--nodes=1 --ntasks=1 --relative=0", "--nodes=1 --ntasks=1 --relative=1"}},
		{"-n 1", inside, []string{"--nodes=1 --ntasks=1 --relative=0"}},
		{"-n3 --exact", inside, []string{"--exact --nodes=1 --ntasks=1", "--exact --nodes=1 --ntasks=1", "--exact --nodes=1 --ntasks=1"}},
		{"-w n1", inside, []string{"-w n1 --nodes=1 --ntasks=1"}},
		{"--nodelist=n1 -n2", inside, []string{"--nodelist=n1 --nodes=1 --ntasks=1", "--nodelist=n1 --nodes=1 --ntasks=1"}},
		{"-N", outside, nil},
		{"-N 1-4", outside, nil},
		{"--nodes=", outside, nil},
		{"-n0", outside, nil},
		{"--pty", outside, nil},
	} {
		agents, err := Place{Way: Slurm, Slots: 5, Text: tt.text}.Agents(func(name string) string { return tt.env[name] })
		var got []string
		for i, a := range agents {
			got = append(got, a.Text)
			if a.Slots != 5 || a.Number != i+1 {
				t.Errorf("%q: agent %+v", tt.text, a)
			}
		}
		if !reflect.DeepEqual(got, tt.want) || (err == nil) != (tt.want != nil) {
			t.Errorf("%q: %q, %v, want %q", tt.text, got, err, tt.want)
		}
	}
	host := Place{Way: SSH, Host: "h"}
	if got, err := host.Agents(nil); err != nil || !reflect.DeepEqual(got, []Place{host}) {
		t.Errorf("another place: %+v, %v", got, err)
	}
}
