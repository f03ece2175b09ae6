package main

// What the exit code of a command says.

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
)

// Exit codes. A server that failed exits with exitFailure; commands that answer a question say by their code what the answer was.
const (
	exitFailure = 1
	exitRefused = 1
	exitUsage   = 2
	exitUnable  = 3
	// exitInterrupted is what shells say of a program that was interrupted (128 and the number of SIGINT).
	exitInterrupted = 130
)

// exitCodes is the part of the help that all commands that answer a question share.
const exitCodes = "Exit codes: 0 fine, 1 refused, 2 the command line or a file that it names is wrong, 3 cannot tell (for example,\n" +
	"the cluster does not answer)."

// usageError is a mistake in the command line, as opposed to a failure of what it asked for.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

// inputError is a mistake in a file that the command line names. The usage of the command would not help.
type inputError struct{ error }

func (i inputError) Unwrap() error { return i.error }

// refusedError says that the answer was no. What was refused, and why, has been printed.
type refusedError struct{ error }

// unableError says that there is no answer. It is never a "no".
type unableError struct{ error }

func (u unableError) Unwrap() error { return u.error }

// errInterrupted says that the user did not wait for the answer.
var errInterrupted = errors.New("interrupted")

// answering runs a command that answers a question: an error that says nothing else is one of "cannot tell".
func answering(run func(command *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(command *cobra.Command, args []string) error {
		err := run(command, args)
		if err != nil && command.Context().Err() != nil {
			return errInterrupted // whatever could not be found out for that
		}
		if err != nil && exitCode(err) == exitFailure && !errors.As(err, &refusedError{}) {
			return unableError{err}
		}
		return err
	}
}

// runValid runs a command that takes no arguments, if its options are valid.
func runValid(options interface {
	validate() error
	run(command *cobra.Command) error
}) func(*cobra.Command, []string) error {
	return func(command *cobra.Command, _ []string) error {
		if err := options.validate(); err != nil {
			return usageError{err}
		}
		return options.run(command)
	}
}

// exitCode is the code for an error of a command.
func exitCode(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	case errors.As(err, &usageError{}), errors.As(err, &inputError{}):
		return exitUsage
	case errors.As(err, &refusedError{}):
		return exitRefused
	case errors.As(err, &unableError{}):
		return exitUnable
	default:
		return exitFailure
	}
}

// oneLine joins the lines of an error that is printed among others.
func oneLine(text string) string {
	return strings.Join(strings.Fields(text), " ")
}
