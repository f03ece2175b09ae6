package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"

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
	options := &injectOptions{}
	command := &cobra.Command{
		Use:   "inject -f FILE",
		Short: "Print manifests with the sidecars that their pods would get",
		Long: "Print manifests with the sidecars that their pods would get. Pods are injected, and the pod templates of whatever has one:\n" +
			"Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob, the workloads of OpenKruise and of others, alone or in lists.\n" +
			"Everything else is printed as it is. YAML keeps its comments and its layout where nothing is injected.\n\n" +
			"The SidecarSets are those of the cluster, or with --sidecarsets those of files. Nothing in the cluster is changed. When a\n" +
			"pod is refused, nothing is printed but the reasons.\n\n" + exitCodes,
		Example: "  # what would be in the pods of a Deployment\n" +
			"  kruise-admission inject -f deployment.yaml --sidecarsets sidecarsets/\n\n" +
			"  # only what is added, with the SidecarSets of the cluster\n" +
			"  kruise-admission inject -f deployment.yaml --diff\n\n" +
			"  # in a pipe\n" +
			"  helm template . | kruise-admission inject -f - --sidecarsets sidecarsets/ | kubectl apply -f -\n\n" +
			"  # the JSON Patches\n" +
			"  kruise-admission inject -f deployment.yaml -o patch",
		Args: noArguments,
		RunE: answering(func(command *cobra.Command, _ []string) error {
			if err := options.validate(); err != nil {
				return usageError{err}
			}
			return options.run(command)
		}),
	}
	flags := command.Flags()
	options.addFileFlag(flags, "the manifests to inject")
	flags.StringVarP(&options.output, "output", "o", "yaml", "yaml, json, or patch: a JSON Patch (RFC 6902) for each object that is changed")
	flags.BoolVar(&options.diff, "diff", false, "print a unified diff instead of the result")
	flags.StringVar(&options.color, "color", "auto", "auto, always or never: colours in the diff; auto means on a terminal, unless NO_COLOR is set")
	options.addEngineFlags(flags)
	options.addClusterFlags(flags)
	completeValues(command, map[string][]string{
		"output": {"yaml", "json", "patch"}, "color": {"auto", "always", "never"}, "container-clash": clashPolicies,
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

// completeValues lets the shell complete the flags that have only a few values.
func completeValues(command *cobra.Command, values map[string][]string) {
	for flag, known := range values {
		// It fails for a flag that does not exist, which a test would show.
		_ = command.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(known, cobra.ShellCompDirectiveNoFileComp))
	}
}

// oneOf reports a value that a flag does not know.
func oneOf(flag, value string, known ...string) error {
	list := ""
	for i, candidate := range known {
		if candidate == value {
			return nil
		}
		switch {
		case i == 0:
			list = candidate
		case i == len(known)-1:
			list += " or " + candidate
		default:
			list += ", " + candidate
		}
	}
	return fmt.Errorf("%s: unsupported value %q, expected %s", flag, value, list)
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

// openEngine asks the cluster unless files are given.
func (o *questionOptions) openEngine(ctx context.Context, stderr io.Writer) (*parts, error) {
	var config *rest.Config
	if !o.offline() {
		var err error
		if config, err = o.connect(ctx); err != nil {
			return nil, err
		}
	}
	return o.engine(ctx, config, lookups{}, stderr)
}

// injectTemplate asks what the creation of a pod of the template would get.
func (o *questionOptions) injectTemplate(ctx context.Context, engine *parts, t template) (decision.Decision, error) {
	return engine.rules.MutatePod.Review(ctx, o.podRequest(t))
}

// podRequest is what the API server would ask about a pod of the template.
func (o *questionOptions) podRequest(t template) *admissionv1.AdmissionRequest {
	namespace := t.Metadata.Namespace
	if namespace == "" {
		namespace = o.namespace
	}
	dryRun := true
	return &admissionv1.AdmissionRequest{
		Kind:      metav1.GroupVersionKind{Version: "v1", Kind: "Pod"},
		Resource:  metav1.GroupVersionResource{Version: "v1", Resource: "pods"},
		Namespace: namespace,
		Operation: admissionv1.Create,
		Object:    runtime.RawExtension{Raw: t.raw},
		DryRun:    &dryRun,
	}
}

// count says how many there are of something.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// patchEntry is one object in the output of -o patch.
type patchEntry struct {
	File     string `json:"file"`
	Document int    `json:"document"`
	metav1.TypeMeta
	Namespace string               `json:"namespace,omitempty"`
	Name      string               `json:"name,omitempty"`
	Patch     []decision.Operation `json:"patch"`
}

// patchEntries lists the objects that are changed.
func patchEntries(objects []*object, patches map[*object][]decision.Operation) []patchEntry {
	entries := []patchEntry{}
	for _, o := range objects {
		if len(patches[o]) > 0 {
			entries = append(entries, patchEntry{
				File: o.document.file, Document: o.document.number, TypeMeta: o.TypeMeta,
				Namespace: o.Metadata.Namespace, Name: o.Metadata.Name, Patch: patches[o],
			})
		}
	}
	return entries
}

// printJSON prints a value for machines.
func printJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
