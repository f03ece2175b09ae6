package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

const referenceHead = `# Command line

Generated from the commands themselves by ` + "`make generate`" + `.

## As a plugin of kubectl

Under the name ` + "`kubectl-kruise_admission`" + ` (a copy or a link) somewhere in ` + "`PATH`" + `, the binary is the plugin ` + "`kubectl kruise-admission`" + `:

    ln -s "$(command -v kruise-admission)" ~/bin/kubectl-kruise_admission
    kubectl kruise-admission explain web-7d4b9c -n shop

krew installs it so: ` + "`kubectl krew install --manifest=kruise-admission.yaml`" + `, with the manifest of a release.
It finds the cluster as kubectl does. For completion in kubectl, put an executable file ` + "`kubectl_complete-kruise_admission`" + ` beside it:

    #!/bin/sh
    exec kubectl kruise-admission __complete "$@"

## Completion in the shell

    source <(kruise-admission completion bash)   # or zsh, fish, powershell

## Exit codes

| code | commands that answer a question | serve, generate and the others |
|---|---|---|
| 0 | fine | done |
| 1 | refused: the answer is no; audit and doctor: something was found | failed |
| 2 | the command line or a file that it names is wrong | the command line or a file that it names is wrong |
| 3 | cannot tell; never a no | |
| 130 | interrupted, which is how ` + "`audit --watch`" + ` ends | |

## Secrets

Output holds what the manifests hold. Messages (refusals, warnings, errors) are those of the server: they name fields, containers and
labels, and the command line adds nothing from the manifests to them.

`

// TestReference keeps docs/cli.md equal to what the commands say; `make generate` rewrites it.
func TestReference(t *testing.T) {
	t.Setenv("POD_NAMESPACE", "")
	var b strings.Builder
	b.WriteString(referenceHead)
	describe(&b, newRootCommand())
	compareGolden(t, "../../docs/cli.md", b.String())
}

// describe writes a command and those below it.
func describe(b *strings.Builder, command *cobra.Command) {
	if command.Hidden {
		return
	}
	fmt.Fprintf(b, "## %s\n\n", command.CommandPath())
	text := command.Long
	if text == "" {
		text = command.Short + "."
	}
	b.WriteString(text + "\n\n")
	if command.Runnable() && command.HasParent() {
		fmt.Fprintf(b, "    %s\n\n", command.UseLine())
	}
	if command.Example != "" {
		b.WriteString("Examples:\n\n")
		for line := range strings.Lines(command.Example) {
			b.WriteString(strings.TrimRight("    "+strings.TrimPrefix(line, "  "), " \n") + "\n")
		}
		b.WriteByte('\n')
	}
	if flags := command.NonInheritedFlags(); flags.HasAvailableFlags() {
		b.WriteString("Flags:\n\n")
		for line := range strings.Lines(flags.FlagUsages()) {
			b.WriteString("    " + line)
		}
		b.WriteByte('\n')
	}
	for _, sub := range command.Commands() {
		describe(b, sub)
	}
}

// TestEveryCommandHasExamples: all show how, and those that answer questions say what their exit codes mean.
func TestEveryCommandHasExamples(t *testing.T) {
	answers := []string{"inject", "explain", "validate", "can-delete", "audit", "doctor"}
	var check func(command *cobra.Command)
	check = func(command *cobra.Command) {
		if !strings.Contains(command.Example, command.CommandPath()+" ") && !strings.HasSuffix(command.Example, command.CommandPath()) {
			t.Errorf("%s lacks examples", command.CommandPath())
		}
		if slices.Contains(answers, command.Name()) && !strings.Contains(command.Long, "Exit codes: 0 ") {
			t.Errorf("%s lacks exit codes", command.CommandPath())
		}
		for _, below := range command.Commands() {
			check(below)
		}
	}
	check(newRootCommand())
}

func TestProgramName(t *testing.T) {
	for executable, want := range map[string]string{
		"/usr/bin/kruise-admission":            "kruise-admission",
		"./renamed":                            "kruise-admission",
		"/home/x/bin/kubectl-kruise_admission": "kubectl kruise-admission",
		"kubectl-kruise_admission.exe":         "kubectl kruise-admission",
	} {
		if got := programName(executable); got != want {
			t.Errorf("%s is called %q, want %q", executable, got, want)
		}
	}
}

// TestPlugin: as a plugin the program speaks of itself as its user calls it.
func TestPlugin(t *testing.T) {
	var stdout, stderr bytes.Buffer
	plugin := process{name: "kubectl kruise-admission", stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr}
	if code := plugin.execute(t.Context(), []string{"inject", "--help"}); code != 0 || !strings.Contains(stdout.String(), "kubectl kruise-admission inject -f FILE") {
		t.Errorf("exit code %d, help %s", code, stdout.String())
	}
	if code := plugin.execute(t.Context(), []string{"inject"}); code != exitUsage || !strings.Contains(stderr.String(), "run 'kubectl kruise-admission inject --help'") {
		t.Errorf("exit code %d, message %s", code, stderr.String())
	}
}

// TestHelp: the help of a command is what its flag prints, and of nothing else.
func TestHelp(t *testing.T) {
	for topic, flag := range map[string]string{"help": "--help", "help inject": "inject --help", "help generate webhooks": "generate webhooks --help"} {
		got, _, code := command(t, strings.Fields(topic)...)
		want, _, _ := command(t, strings.Fields(flag)...)
		if code != 0 || got == "" || got != want {
			t.Errorf("%s: exit code %d, got %q, want %q", topic, code, got, want)
		}
	}
}

func TestCompletion(t *testing.T) {
	for line, want := range map[string]string{
		"__complete inj":                       "inject\t",
		"__complete inject --output ":          "patch",
		"__complete inject --color ":           "never",
		"__complete explain --output ":         "table",
		"__complete validate --output ":        "junit",
		"__complete validate --output s":       "sarif",
		"__complete audit --output ":           "table",
		"__complete doctor --output ":          "json",
		"__complete can-delete ":               "statefulsets.apps/",
		"__complete help ":                     "doctor\t",
		"__complete help generate ":            "webhooks\t",
		"__complete inject --container-clash ": "keep",
	} {
		stdout, _, code := command(t, strings.Split(line, " ")...)
		if code != 0 || !strings.Contains(stdout, want) {
			t.Errorf("%q: exit code %d, got %q, want %q in it", line, code, stdout, want)
		}
	}
	if stdout, _, code := command(t, "completion", "bash"); code != 0 || !strings.Contains(stdout, "kruise-admission") {
		t.Errorf("completion bash: exit code %d", code)
	}
}
