// Command kruise-admission is a Kubernetes admission server for the OpenKruise API: it injects sidecars into pods,
// defaults and validates Kruise workloads, and protects objects from deletion.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitFailure = 1
	exitUsage   = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// usageError is a mistake in the command line, as opposed to a failure of what it asked for.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

// execute runs one command line and returns the exit code.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	_, _ = fmt.Fprintln(stderr, "error: "+err.Error())
	if errors.As(err, &usageError{}) {
		_, _ = fmt.Fprintln(stderr, "run 'kruise-admission --help' or 'kruise-admission COMMAND --help' for usage")
		return exitUsage
	}
	return exitFailure
}

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "kruise-admission",
		Short: "Kubernetes admission server for the OpenKruise API",
		Long: "kruise-admission injects sidecars into pods as SidecarSets say, stops unsafe changes of Kruise workloads,\n" +
			"and stops the deletion of protected objects.",
		Args:          noArguments,
		RunE:          func(command *cobra.Command, _ []string) error { return command.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(newServeCommand(), newGenerateCommand(), newVersionCommand())
	return root
}

// noArguments refuses positional arguments, and with them unknown commands.
func noArguments(command *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("unknown argument %q for %q", args[0], command.CommandPath())}
	}
	return nil
}
