package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
)

// keeperEnv marks the process that shows the demonstration and then stays. Everything that it started ends with it.
const keeperEnv = "KRUISE_ADMISSION_DEMO_KEEPER"

// runKeeper shows the demonstration in a process of its own, in a session of its own so that Ctrl-C and the end of the terminal do
// not reach it, and returns when that process has nothing more to say: then it stays, or it has failed.
func runKeeper(ctx context.Context) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	words, keeperOutput, err := os.Pipe()
	if err != nil {
		return err
	}
	keeper := exec.Command(program)
	keeper.Env = append(os.Environ(), keeperEnv+"=1")
	keeper.Stdout, keeper.Stderr = keeperOutput, keeperOutput
	keeper.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := keeper.Start(); err != nil {
		return err
	}
	if err := keeperOutput.Close(); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = keeper.Process.Signal(syscall.SIGTERM) })()
	stays := &lastLine{}
	if _, err := io.Copy(io.MultiWriter(os.Stdout, stays), words); err != nil {
		return err
	}
	if stays.text == staysLine(keeper.Process.Pid) {
		return keeper.Process.Release()
	}
	if err := keeper.Wait(); err != nil {
		return errors.New("see above")
	}
	return errors.New("the demonstration did not stay")
}

func staysLine(pid int) string { return fmt.Sprintf("Stop it all with: kill %d", pid) }

// leaveRunning says how to reach the control plane, lets go of the terminal, and waits to be told to end.
func leaveRunning(ctx context.Context, cluster *controlplane.ControlPlane) error {
	fmt.Printf("\nEverything is left running:\n\n  export KUBECONFIG=%s\n  kubectl get pods -A\n\n%s\n", cluster.Kubeconfig(), staysLine(os.Getpid()))
	nothing, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	for _, output := range []int{int(os.Stdout.Fd()), int(os.Stderr.Fd())} {
		if err := syscall.Dup3(int(nothing.Fd()), output, 0); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return nil
}

// lastLine remembers the last whole line that was written to it.
type lastLine struct{ text, unfinished string }

func (l *lastLine) Write(p []byte) (int, error) {
	for _, b := range p {
		if b == '\n' {
			l.text, l.unfinished = l.unfinished, ""
		} else {
			l.unfinished += string(b)
		}
	}
	return len(p), nil
}
