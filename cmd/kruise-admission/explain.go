package main

// The command explain: why a sidecar is in a pod or is not.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/inject/podsteps"
)

// explainOptions are the flags of the explain command.
type explainOptions struct {
	questionOptions
	webhooks []string
	output   string
}

func newExplainCommand() *cobra.Command {
	options := &explainOptions{questionOptions: questionOptions{instead: "-f FILE and --sidecarsets FILE"}}
	command := &cobra.Command{
		Use:   "explain (POD | -f FILE)",
		Short: "Say for each SidecarSet why it is injected into a pod or not",
		Long: "Say for each SidecarSet why it is injected into a pod or not: which clause decides, which revision is taken and why, what would be\n" +
			"added, and what clashes. Say which other steps of pod admission change it, such as the readiness gate of OpenKruise. And say for\n" +
			"each webhook configuration entry whether the API server asks it about the pod at all, which is the commonest reason for a missing\n" +
			"sidecar.\n\n" +
			"A pod of the cluster is judged as if it were created now. With -f, pods and pod templates are. Of matchConditions the one is\n" +
			"judged that the server keeps itself (--narrow-pods); other expressions are shown, not evaluated.\n\n" +
			"Exit codes: 0 explained, whatever the explanation says, 2 the command line or a file that it names is wrong, 3 cannot tell.",
		Example: "  # a pod of the cluster\n" +
			"  kruise-admission explain web-7d4b9c -n shop\n\n" +
			"  # a Deployment that is not there yet\n" +
			"  kruise-admission explain -f deployment.yaml\n\n" +
			"  # without a cluster\n" +
			"  kruise-admission explain -f deployment.yaml --sidecarsets sidecarsets/ --webhooks webhooks.yaml",
		RunE: answering(func(command *cobra.Command, args []string) error {
			if err := options.validate(args); err != nil {
				return usageError{err}
			}
			return options.run(command, args)
		}),
	}
	flags := command.Flags()
	options.addFileFlag(flags, "pods or objects with pod templates")
	flags.StringVarP(&options.output, "output", "o", "table", "table or json")
	flags.StringArrayVar(&options.webhooks, "webhooks", nil,
		"`file` or folder with webhook configurations, instead of those of the cluster; without a cluster the default is those of deploy/; repeatable")
	options.addEngineFlags(flags)
	options.addClusterFlags(flags)
	completeValues(command, map[string][]string{"output": {"table", "json"}})
	completeValues(command, options.clashes.complete())
	command.ValidArgsFunction = cobra.NoFileCompletions
	return command
}

func (o *explainOptions) validate(args []string) error {
	if err := oneOf("--output", o.output, "table", "json"); err != nil {
		return err
	}
	switch {
	case len(args) == 0 && len(o.files) == 0:
		return errors.New("what to explain is missing: name a pod of the cluster, or give -f FILE")
	case len(args) > 0 && len(o.files) > 0:
		return fmt.Errorf("-f: cannot be used together with the pod %q", args[0])
	case len(args) > 0 && o.offline():
		return fmt.Errorf("--sidecarsets: cannot be used together with the pod %q, which is in a cluster; give it as -f FILE", args[0])
	}
	return o.questionOptions.validate()
}

func (o *explainOptions) run(command *cobra.Command, args []string) error {
	ctx := command.Context()
	var config *rest.Config
	var pods []template
	var err error
	if len(args) == 0 {
		if pods, err = readTemplates(o.files, command.InOrStdin()); err != nil {
			return err
		}
	}
	if !o.offline() {
		if config, err = o.connect(ctx); err != nil {
			return err
		}
	}
	for _, name := range args {
		pod, err := o.fetchPod(ctx, config, name)
		if err != nil {
			return err
		}
		pods = append(pods, pod)
	}
	asked, err := podLookups(config)
	if err != nil {
		return err
	}
	engine, err := o.engine(ctx, config, asked, command.ErrOrStderr())
	if err != nil {
		return err
	}
	if _, ok := engine.rules.MutatePod.(*podsteps.Pipeline); !ok {
		return usageError{errors.New("--feature-gates: with PodWebhook=false no pod is injected")}
	}
	entries, err := podWebhooks(ctx, o.webhooks, config)
	if err != nil {
		return err
	}
	explanations := []*explanation{}
	for _, pod := range pods {
		e, err := o.explain(ctx, engine, entries, pod)
		if err != nil {
			return fmt.Errorf("%s: %w", pod, err)
		}
		explanations = append(explanations, e)
	}
	if o.output == "json" {
		return printJSON(command.OutOrStdout(), explanations)
	}
	return printExplanations(command.OutOrStdout(), explanations)
}

// readTemplates reads the pods and pod templates of files.
func readTemplates(files []string, stdin io.Reader) ([]template, error) {
	_, objects, err := readObjects("-f", files, stdin)
	if err != nil {
		return nil, err
	}
	var found []template
	for _, object := range objects {
		found = append(found, templatesOf(object)...)
	}
	if len(found) == 0 {
		return nil, inputError{fmt.Errorf("-f: there is neither a pod nor a pod template in %s", strings.Join(files, ", "))}
	}
	return found, nil
}

// fetchPod reads a pod of the cluster, as it would be if it were created now: one that has finished, or is being deleted, was injected
// when it had not.
func (o *explainOptions) fetchPod(ctx context.Context, config *rest.Config, name string) (template, error) {
	if kind, rest, ok := strings.Cut(name, "/"); ok {
		if err := oneOf("kind of "+name, kind, "pod", "pods", "po"); err != nil {
			return template{}, usageError{err}
		}
		name = rest
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return template{}, err
	}
	found, err := client.Resource(corev1.SchemeGroupVersion.WithResource("pods")).Namespace(o.namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return template{}, fmt.Errorf("read pod %s/%s: %w", o.namespace, name, err)
	}
	unstructured.RemoveNestedField(found.Object, "status")
	found.SetDeletionTimestamp(nil)
	pod, err := objectFrom(found)
	if err != nil {
		return template{}, fmt.Errorf("read pod %s/%s: %w", o.namespace, name, err)
	}
	return template{object: pod, raw: pod.raw}, nil
}
