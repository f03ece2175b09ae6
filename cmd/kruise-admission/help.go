package main

// The commands that cobra would add by itself and that take any argument: a name that is mistyped is an error in them, too.

import (
	"github.com/spf13/cobra"
)

func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Print the help of a command",
		Long:    "Print the help of a command, as its flag --help does.",
		Example: "  kruise-admission help inject",
		ValidArgsFunction: func(command *cobra.Command, args []string, _ string) (names []string, _ cobra.ShellCompDirective) {
			about, rest, err := command.Root().Find(args)
			if err == nil && len(rest) == 0 {
				for _, below := range about.Commands() {
					if below.IsAvailableCommand() {
						names = append(names, below.Name()+"\t"+below.Short)
					}
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(command *cobra.Command, args []string) error {
			about, rest, err := command.Root().Find(args)
			if err != nil {
				return usageError{err}
			}
			if err := noArguments(about, rest); err != nil {
				return err
			}
			about.InitDefaultHelpFlag() // which commands get when they are run
			return about.Help()
		},
	}
}

// strictCompletion lets the command that cobra makes for completion refuse a shell that it does not know.
func strictCompletion(root *cobra.Command, args []string) {
	root.InitDefaultCompletionCmd(args...)
	for _, command := range root.Commands() {
		if command.Name() == "completion" {
			command.Args = noArguments
			command.RunE = func(command *cobra.Command, _ []string) error { return command.Help() }
		}
	}
}
