package controlplane

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// starterEnv makes the test binary start a control plane and wait to be killed.
const starterEnv = "CONTROLPLANE_STARTER"

// runStarter prints the folder of the run, then the process ids, in one line.
func runStarter() {
	cluster, err := Start(context.Background(), Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(cluster.dir.path, cluster.etcd.ID(),
		cluster.apiServer.ID(), cluster.controllerManager.ID())
	select {}
}

func TestProcessesEndWhenTheirStarterIsKilled(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc, and Pdeathsig for the stopped process")
	}
	starter := exec.Command(os.Args[0])
	starter.Env = append(os.Environ(), starterEnv+"=1")
	starter.Stderr = os.Stderr
	stdout, err := starter.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := starter.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal("the starter printed nothing:", err, starter.Wait())
	}
	words := strings.Fields(line)
	dir, pids := words[0], words[1:]
	if len(pids) != 3 {
		t.Fatalf("got %q, want the ids of three processes", line)
	}
	for _, pid := range pids {
		if !alive(pid) {
			t.Errorf("process %s is not alive before the kill", pid)
		}
	}
	// A stopped process reads no end of input; only the kernel's signal reaches it.
	controllerManager, _ := strconv.Atoi(pids[2])
	if err := syscall.Kill(controllerManager, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := starter.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = starter.Wait() // says that it was killed
	for _, pid := range pids {
		Eventually(t, "process "+pid+" is gone", func(context.Context) error {
			if alive(pid) {
				return errors.New("alive")
			}
			return nil
		})
	}
	if _, err := os.Stat(dir); err != nil {
		t.Fatal("the killed starter cannot have removed its folder, but:", err)
	}
	next, err := newRunDir()
	if err != nil {
		t.Fatal(err)
	}
	defer next.remove()
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("folder of the killed run: got %v, want that the next run has removed it", err)
	}
}

// alive reports whether a process exists and is more than a zombie, which it stays where process 1 does not reap.
func alive(pid string) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z") && !strings.HasPrefix(state, "X")
}
