// Package process runs the programs of a test or a demonstration so that none of them outlives it.
package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Process is one running program.
//
// It ends with its starter in two ways. Its standard input is a pipe whose other end only the starter holds: when the
// starter is gone, the program reads the end of its input and exits. On Linux the kernel also kills it (Pdeathsig),
// which reaches a stopped process, too. It has its own process group, so that Ctrl-C at a terminal
// reaches the starter alone, which then ends everything in order.
type Process struct {
	name     string
	log      string // path
	command  *exec.Cmd
	lifeline *os.File // the starter's end of standard input
	exited   chan struct{}
	err      error // how it ended; only after exited is closed
}

// Start runs a binary in dir, with its output added to <logDir>/<name>.log. The name is for people.
func Start(name, binary, dir, logDir string, args ...string) (*Process, error) {
	return StartWithEnv(nil, name, binary, dir, logDir, args...)
}

// StartWithEnv is Start with variables, as NAME=value, added to the environment that the program inherits.
func StartWithEnv(env []string, name, binary, dir, logDir string, args ...string) (*Process, error) {
	p := &Process{name: name, log: filepath.Join(logDir, name+".log"), exited: make(chan struct{})}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the process has its own copy
	stdin, lifeline, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer stdin.Close()
	p.lifeline = lifeline
	p.command = exec.Command(binary, args...)
	p.command.Dir, p.command.Env = dir, append(os.Environ(), env...)
	p.command.Stdin, p.command.Stdout, p.command.Stderr = stdin, log, log
	p.command.SysProcAttr = attributes()

	started := make(chan error)
	go func() {
		// Pdeathsig fires when the thread that started the process ends (golang.org/issue/27505): keep it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.command.Start()
		started <- err
		if err != nil {
			return
		}
		p.err = p.command.Wait()
		close(p.exited)
	}()
	if err := <-started; err != nil {
		_ = lifeline.Close()
		return nil, fmt.Errorf("cannot run %s: %w", name, err)
	}
	return p, nil
}

// Kill ends the process at once and waits for it. Without effect on nil and on a process that has ended.
func (p *Process) Kill() {
	if p == nil {
		return
	}
	_ = syscall.Kill(-p.command.Process.Pid, syscall.SIGKILL) // fails when it has ended already
	<-p.exited
	_ = p.lifeline.Close()
}

// Terminate asks the process to end, as a kubelet does, and returns how it ended.
func (p *Process) Terminate() error {
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.exited
	_ = p.lifeline.Close()
	return p.err
}

// Exited is closed when the process has ended.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// ID is the process id.
func (p *Process) ID() int { return p.command.Process.Pid }

// Log is the path of the file that holds the output.
func (p *Process) Log() string { return p.log }

// WaitUntil asks again and again until answer gives nil, the process ends, or ctx does.
func (p *Process) WaitUntil(ctx context.Context, what string, answer func(context.Context) error) error {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := answer(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.exited:
			return fmt.Errorf("%s has ended (%s) before %s\n%s", p.name, p.command.ProcessState, what, p.Tail(TailLines))
		case <-ctx.Done():
			return fmt.Errorf("waiting until %s: %w\n%s", what, errors.Join(ctx.Err(), err), p.Tail(TailLines))
		case <-ticker.C:
		}
	}
}

// TailLines is how much of a log an error shows.
const TailLines = 25

// Tail returns the last lines of the log under a heading.
func (p *Process) Tail(lines int) string {
	content, err := os.ReadFile(p.log)
	if err != nil {
		return fmt.Sprintf("no log of %s: %v\n", p.name, err)
	}
	all := strings.Split(strings.TrimSpace(string(content)), "\n")
	last := all[max(0, len(all)-lines):]
	return fmt.Sprintf("--- %s, last %d of %d lines of %s\n%s\n", p.name, len(last), len(all), p.log, strings.Join(last, "\n"))
}
