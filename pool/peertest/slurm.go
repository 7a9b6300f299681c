package peertest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Slurm is a cluster of one or more nodes, all of which are this machine, for one
// test. It trusts whoever reaches its ports on the loopback address.
type Slurm struct {
	// Conf is the configuration file: every command of Slurm's finds it in SLURM_CONF.
	Conf string

	log string // of slurmctld
}

// slurmCPUs is how many CPUs each node says that it has.
const slurmCPUs = 4

// NewSlurm starts a cluster with the given number of nodes, named n1 and so on, and
// ends it with the test, which it gives SLURM_CONF. Where Slurm is not installed the
// test ends as Missing does.
func NewSlurm(t testing.TB, nodes int) *Slurm {
	t.Helper()
	Path(t, "srun")
	controller, node := daemon(t, "slurmctld"), daemon(t, "slurmd")
	dir := t.TempDir()
	for _, name := range []string{"state", "spool"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s := &Slurm{Conf: filepath.Join(dir, "slurm.conf"), log: filepath.Join(dir, "slurmctld.log")}
	write(t, s.Conf, slurmConfig(t, dir, freePorts(t, nodes+1)))
	t.Setenv("SLURM_CONF", s.Conf)
	startDaemon(t, dir, controller, "-D")
	for i := 1; i <= nodes; i++ {
		startDaemon(t, dir, node, "-D", "-N", fmt.Sprintf("n%d", i))
	}
	t.Cleanup(func() { s.awaitEnd(t) })
	s.awaitIdle(t, nodes)
	return s
}

func slurmConfig(t testing.TB, dir string, ports []int) string {
	t.Helper()
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	host, _, _ = strings.Cut(host, ".")
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf(`ClusterName=test
SlurmctldHost=%[2]s(127.0.0.1)
SlurmctldPort=%[4]d
AuthType=auth/none
CredType=cred/none
SlurmUser=%[3]s
SlurmdUser=%[3]s
StateSaveLocation=%[1]s/state
SlurmdSpoolDir=%[1]s/spool/%%n
SlurmctldPidFile=%[1]s/slurmctld.pid
SlurmdPidFile=%[1]s/slurmd-%%n.pid
SlurmctldLogFile=%[1]s/slurmctld.log
SlurmdLogFile=%[1]s/slurmd-%%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/builtin
SwitchType=switch/none
MpiDefault=none
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=2
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`, dir, host, me.Username, ports[0])
	for i, port := range ports[1:] {
		config += fmt.Sprintf("NodeName=n%d NodeHostname=%s NodeAddr=127.0.0.1 Port=%d CPUs=%d\n", i+1, host, port, slurmCPUs)
	}
	return config
}

// awaitIdle waits until all nodes take jobs.
func (s *Slurm) awaitIdle(t testing.TB, nodes int) {
	t.Helper()
	deadline := time.Now().Add(slurmStart)
	for {
		out, err := exec.Command("sinfo", "-h", "-N", "-o", "%T").CombinedOutput()
		if err == nil && strings.Count(string(out), "idle\n") == nodes {
			return
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(s.log)
			t.Fatalf("Slurm is not up after %v: %s%s", slurmStart, out, log)
		}
		time.Sleep(slurmPoll)
	}
}

// awaitEnd cancels the jobs that are left and waits for their end: their steps are no
// children of the daemons, and would outlive these.
func (s *Slurm) awaitEnd(t testing.TB) {
	t.Helper()
	deadline := time.Now().Add(slurmStart)
	for {
		jobs, err := exec.Command("squeue", "-h", "-o", "%A").Output()
		if err == nil && len(jobs) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("jobs are left: %q, %v", jobs, err)
			return
		}
		_ = exec.Command("scancel", strings.Fields(string(jobs))...).Run() // asked again until there is none
		time.Sleep(slurmPoll)
	}
}

// How long a cluster may take until it is up, or its jobs until they have ended, and
// how often it is asked: nothing tells of it.
const (
	slurmStart = 30 * time.Second
	slurmPoll  = 20 * time.Millisecond
)

// Steps returns the ids of the job steps that run, such as 3.0.
func (s *Slurm) Steps(t testing.TB) []string {
	t.Helper()
	return strings.Fields(run(t, "squeue", "-h", "-s", "-o", "%i"))
}

// Allocations returns how many jobs there have been.
func (s *Slurm) Allocations(t testing.TB) int {
	t.Helper()
	log, err := os.ReadFile(s.log)
	if err != nil {
		t.Fatal(err)
	}
	return len(regexp.MustCompile(`allocate_resources JobId=`).FindAll(log, -1))
}

// startDaemon starts a program that stays in the foreground, and ends it with the
// test, along with what it has started in its group.
func startDaemon(t testing.TB, dir, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
		var exit *exec.ExitError
		if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
			t.Error(err)
		}
	})
}

// freePorts returns ports of the loopback address that nobody uses now.
func freePorts(t testing.TB, n int) []int {
	t.Helper()
	ports := make([]int, n)
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() // only when all have been found, so that they differ
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports
}
