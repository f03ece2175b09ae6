package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// TestDiffIsColouredOnATerminal runs inject --diff on a terminal, in a pipe and into a file.
func TestDiffIsColouredOnATerminal(t *testing.T) {
	for name, test := range map[string]struct {
		args     []string
		noColor  string
		terminal string
		want     bool
	}{
		"a terminal":                    {terminal: "xterm", want: true},
		"a terminal, NO_COLOR":          {terminal: "xterm", noColor: "1"},
		"a terminal without colours":    {terminal: "dumb"},
		"a terminal, --color=never":     {terminal: "xterm", args: []string{"--color=never"}},
		"a terminal, --color=always":    {terminal: "dumb", noColor: "1", args: []string{"--color=always"}, want: true},
		"a terminal, --color spelt out": {terminal: "xterm", args: []string{"--color", "auto"}, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(noColorEnv, test.noColor)
			t.Setenv(terminalEnv, test.terminal)
			master, slave := openTerminal(t)
			lines := make(chan string, 100)
			go func() {
				scanner := bufio.NewScanner(master)
				for scanner.Scan() {
					lines <- scanner.Text()
				}
				close(lines)
			}()
			diffTo(t, slave, test.args...)
			if first := <-lines; strings.Contains(first, "\x1b[") != test.want {
				t.Errorf("the first line is %q", first)
			}
			if err := slave.Close(); err != nil {
				t.Error(err)
			}
			for range lines { // until the terminal is closed
			}
		})
	}

	t.Setenv(noColorEnv, "")
	t.Setenv(terminalEnv, "xterm")
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	diffTo(t, writer)
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	var piped bytes.Buffer
	if _, err := piped.ReadFrom(reader); err != nil || !strings.HasPrefix(piped.String(), "--- ") {
		t.Errorf("in a pipe: %q, %v", piped.String(), err)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "diff"))
	if err != nil {
		t.Fatal(err)
	}
	diffTo(t, file)
	if text, err := os.ReadFile(file.Name()); err != nil || !strings.HasPrefix(string(text), "--- ") {
		t.Errorf("in a file: %q, %v", text, err)
	}
}

// diffTo prints the diff of an injected pod.
func diffTo(t *testing.T, out *os.File, args ...string) {
	t.Helper()
	folder := t.TempDir()
	sidecarSets, pods := filepath.Join(folder, "sidecarsets.yaml"), filepath.Join(folder, "pods.yaml")
	for file, text := range map[string]string{
		sidecarSets: "apiVersion: apps.kruise.io/v1beta1\nkind: SidecarSet\nmetadata: {name: agent}\n" +
			"spec: {selector: {matchLabels: {app: web}}, containers: [{name: agent, image: 'agent:1'}]}\n",
		pods: "apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec: {containers: [{name: main}]}\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var stderr bytes.Buffer
	command := process{name: program, stdin: strings.NewReader(""), stdout: out, stderr: &stderr}
	if code := command.execute(t.Context(), append([]string{"inject", "-f", pods, "--sidecarsets", sidecarSets, "--diff"}, args...)); code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
}

// openTerminal makes a terminal: what is written to the slave is read from the master.
func openTerminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("there are no terminals here:", err)
	}
	t.Cleanup(func() { _ = master.Close() })
	var unlock, number int32
	for _, request := range []struct {
		code  uintptr
		value *int32
	}{{syscall.TIOCSPTLCK, &unlock}, {syscall.TIOCGPTN, &number}} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, master.Fd(), request.code, uintptr(unsafe.Pointer(request.value))); errno != 0 {
			t.Fatal(errno)
		}
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("there are no terminals here:", err)
	}
	return master, slave
}
