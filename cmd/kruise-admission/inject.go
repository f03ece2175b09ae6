package main

// The command inject: manifests with the sidecars that their pods would get.

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kruise-admission/kruise-admission/decision"
)

// injectOptions are the flags of the inject command.
type injectOptions struct {
	questionOptions
	output string
	diff   bool
	color  string
}

func newInjectCommand() *cobra.Command {
	options := &injectOptions{questionOptions: questionOptions{instead: "--sidecarsets FILE"}}
	command := &cobra.Command{
		Use:   "inject -f FILE",
		Short: "Print manifests with the sidecars that their pods would get",
		Long: "Print manifests with the sidecars that their pods would get, and what else pod admission would change in them: readiness gates,\n" +
			"launch barriers, the names of budgets, and so on. Pods are injected, and the pod templates of whatever has one:\n" +
			"Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob, the workloads of OpenKruise and of others, alone or in lists.\n" +
			"Everything else is printed as it is. YAML keeps its comments and its layout where nothing is injected.\n\n" +
			"The SidecarSets are those of the cluster, or with --sidecarsets those of files. Nothing in the cluster is changed. What the API\n" +
			"server itself adds to a pod before it asks webhooks, such as the volume of its token, is not there. When a pod is refused,\n" +
			"nothing is printed but the reasons.\n\n" + exitCodes,
		Example: "  # what would be in the pods of a Deployment\n" +
			"  kruise-admission inject -f deployment.yaml --sidecarsets sidecarsets/\n\n" +
			"  # only what is added, with the SidecarSets of the cluster\n" +
			"  kruise-admission inject -f deployment.yaml --diff\n\n" +
			"  # in a pipe\n" +
			"  helm template . | kruise-admission inject -f - --sidecarsets sidecarsets/ | kubectl apply -f -\n\n" +
			"  # the JSON Patches\n" +
			"  kruise-admission inject -f deployment.yaml -o patch",
		Args: noArguments,
		RunE: answering(runValid(options)),
	}
	flags := command.Flags()
	options.addFileFlag(flags, "the manifests to inject")
	flags.StringVarP(&options.output, "output", "o", "yaml", "yaml, json, or patch: a JSON Patch (RFC 6902) for each object that is changed")
	flags.BoolVar(&options.diff, "diff", false, "print a unified diff instead of the result")
	flags.StringVar(&options.color, "color", "auto", "auto, always or never: colours in the diff; auto means on a terminal, unless NO_COLOR is set")
	options.addEngineFlags(flags)
	options.addClusterFlags(flags)
	completeValues(command, options.clashes.complete())
	completeValues(command, map[string][]string{
		"output": {"yaml", "json", "patch"}, "color": {"auto", "always", "never"},
	})
	return command
}

func (o *injectOptions) validate() error {
	if err := oneOf("--output", o.output, "yaml", "json", "patch"); err != nil {
		return err
	}
	if err := oneOf("--color", o.color, "auto", "always", "never"); err != nil {
		return err
	}
	if o.diff && o.output != "yaml" {
		return fmt.Errorf("--diff: cannot be used together with --output %s", o.output)
	}
	return o.questionOptions.validate()
}

func (o *injectOptions) run(command *cobra.Command) error {
	stderr := command.ErrOrStderr()
	documents, objects, err := readObjects("-f", o.files, command.InOrStdin())
	if err != nil {
		return err
	}
	engine, err := o.openEngine(command.Context(), stderr)
	if err != nil {
		return err
	}
	if len(engine.view.SidecarSets()) == 0 {
		_, _ = fmt.Fprintln(stderr, "note: there are no SidecarSets")
	}
	patches := map[*object][]decision.Operation{}
	refused := 0
	for _, object := range objects {
		for _, template := range templatesOf(object) {
			d, err := o.injectTemplate(command.Context(), engine, template)
			if err != nil {
				return fmt.Errorf("%s (%s): %w", object, object.source(), err)
			}
			for _, warning := range d.Warnings {
				_, _ = fmt.Fprintf(stderr, "warning: %s (%s): %s\n", object, object.source(), warning)
			}
			if !d.Allowed {
				refused++
				_, _ = fmt.Fprintf(stderr, "refused: %s (%s): %s\n", object, object.source(), d.Message)
				continue
			}
			patches[object] = append(patches[object], under(template.pointer, d.Patch)...)
		}
	}
	if refused > 0 {
		return refusedError{errors.New(count(refused, "pod or pod template is", "pods or pod templates are") + " refused; nothing is printed")}
	}
	return o.print(command.OutOrStdout(), documents, objects, patches)
}
