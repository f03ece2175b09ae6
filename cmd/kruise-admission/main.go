// Command kruise-admission is a Kubernetes admission server for the OpenKruise API: it injects sidecars into pods,
// defaults and validates Kruise workloads, and protects objects from deletion. The same engine answers on the command line.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	keepNoMemoryProfile()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := process{name: programName(os.Args[0]), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}.execute(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// program is the name of the binary.
const program = "kruise-admission"

// programName is how a user calls this program: kubectl runs plugins under the name kubectl-kruise_admission, where the
// underscore stands for a dash of the command.
func programName(executable string) string {
	name := strings.TrimSuffix(filepath.Base(executable), ".exe")
	if command, isPlugin := strings.CutPrefix(name, "kubectl-"); isPlugin {
		return "kubectl " + strings.ReplaceAll(command, "_", "-")
	}
	return program
}

// process is what a command line is run with.
type process struct {
	name           string
	stdin          io.Reader
	stdout, stderr io.Writer
}

// execute runs one command line without input and returns the exit code.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return process{name: program, stdin: strings.NewReader(""), stdout: stdout, stderr: stderr}.execute(ctx, args)
}

// execute runs one command line and returns the exit code.
func (p process) execute(ctx context.Context, args []string) int {
	root := newRootCommand()
	root.Annotations = map[string]string{cobra.CommandDisplayNameAnnotation: p.name}
	root.SetArgs(args)
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	strictCompletion(root, args)
	root.SetFlagErrorFunc(func(command *cobra.Command, err error) error {
		if command == root && len(args) > 0 && !strings.HasPrefix(args[0], "-") {
			return noArguments(root, args) // the flags belong to a command that does not exist
		}
		return usageError{err}
	})
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	message := oneLine(err.Error())
	if errors.As(err, &usageError{}) {
		message += fmt.Sprintf("; for usage run '%s --help'", command.CommandPath())
	}
	_, _ = fmt.Fprintln(p.stderr, "error: "+message)
	return exitCode(err)
}

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   program,
		Short: "Kubernetes admission server for the OpenKruise API",
		Long: "kruise-admission injects sidecars into pods as SidecarSets say, stops unsafe changes of Kruise workloads,\n" +
			"and stops the deletion of protected objects.\n\n" +
			"`serve` does so for a cluster. The other commands ask the same engine about manifests or about what is in a cluster,\n" +
			"and change nothing.",
		Example: "  # before you apply: what the server would do\n" +
			"  kruise-admission inject -f deployment.yaml --diff\n" +
			"  kruise-admission validate -f manifests/\n\n" +
			"  # why is my pod as it is\n" +
			"  kruise-admission explain web-7d4b9c -n shop\n\n" +
			"  # what is wrong in a cluster\n" +
			"  kruise-admission doctor\n" +
			"  kruise-admission audit --all-namespaces",
		Args:          noArguments,
		RunE:          func(command *cobra.Command, _ []string) error { return command.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,

		SuggestionsMinimumDistance: typos,
	}
	root.SetHelpCommand(newHelpCommand())
	root.AddCommand(newServeCommand(), newGenerateCommand(), newVersionCommand(),
		newInjectCommand(), newExplainCommand(), newValidateCommand(), newCanDeleteCommand(), newAuditCommand(), newDoctorCommand())
	return root
}

// typos is how many letters a name that nobody knows may differ from one that is suggested.
const typos = 2

// noArguments refuses positional arguments, and with them unknown commands.
func noArguments(command *cobra.Command, args []string) error {
	if len(args) > 0 {
		what, hint := "argument", ""
		if command.HasAvailableSubCommands() {
			what = "command"
		}
		if known := command.SuggestionsFor(args[0]); len(known) > 0 {
			hint = fmt.Sprintf("; perhaps %q is meant", known[0])
		}
		return usageError{fmt.Errorf("unknown %s %q for %q%s", what, args[0], command.CommandPath(), hint)}
	}
	return nil
}
