package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/cmd/kruise-admission/internal/yamlpatch"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/inject"
)

// explainOptions are the flags of the explain command.
type explainOptions struct {
	questionOptions
	webhooks []string
	output   string
}

func newExplainCommand() *cobra.Command {
	options := &explainOptions{}
	command := &cobra.Command{
		Use:   "explain (POD | -f FILE)",
		Short: "Say for each SidecarSet why it is injected into a pod or not",
		Long: "Say for each SidecarSet why it is injected into a pod or not: which clause decides, which revision is taken and why, what would be\n" +
			"added, and what clashes. And say for each webhook configuration entry whether the API server asks it about the pod at all, which\n" +
			"is the commonest reason for a missing sidecar.\n\n" +
			"A pod of the cluster is judged as if it were created now. With -f, pods and pod templates are. CEL expressions in\n" +
			"matchConditions are shown, not evaluated.\n\n" +
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
	completeValues(command, map[string][]string{"output": {"table", "json"}, "container-clash": clashPolicies})
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

// explanation is everything there is to say about one pod or pod template.
type explanation struct {
	Source string `json:"source,omitempty"`
	metav1.TypeMeta
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Webhooks are the entries of webhook configurations that lead to the injection of pods.
	Webhooks    []webhookVerdict    `json:"webhooks"`
	SidecarSets []sidecarSetVerdict `json:"sidecarSets"`
	// Result is injected, unchanged or refused: what the server does when it is asked.
	Result   string    `json:"result"`
	Message  string    `json:"message,omitempty"`
	Warnings []string  `json:"warnings,omitempty"`
	Adds     additions `json:"adds"`
}

// sidecarSetVerdict says what one SidecarSet means for the pod.
type sidecarSetVerdict struct {
	Name    string        `json:"name"`
	Applies bool          `json:"applies"`
	Clause  inject.Clause `json:"clause"`
	Detail  string        `json:"detail,omitempty"`
	// Recorded says that the pod carries the mark of an earlier injection.
	Recorded bool `json:"recorded"`
	// Adds is what this SidecarSet alone adds.
	Adds additions `json:"adds"`
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
	engine, err := o.engine(ctx, config, lookups{}, command.ErrOrStderr())
	if err != nil {
		return err
	}
	rule, ok := engine.rules.MutatePod.(*inject.Engine)
	if !ok {
		return usageError{errors.New("--feature-gates: with PodWebhook=false no pod is injected")}
	}
	entries, err := o.podWebhooks(ctx, config)
	if err != nil {
		return err
	}
	explanations := []*explanation{}
	for _, pod := range pods {
		e, err := o.explain(ctx, rule, engine.view, entries, pod)
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

// podMarks are the marks on a pod that say how it came about.
type podMarks struct {
	Metadata struct {
		Labels            map[string]string `json:"labels"`
		Annotations       map[string]string `json:"annotations"`
		CreationTimestamp metav1.Time       `json:"creationTimestamp"`
		OwnerReferences   []struct{}        `json:"ownerReferences"`
	} `json:"metadata"`
}

func (o *explainOptions) explain(ctx context.Context, rule *inject.Engine, view cluster.View, entries []podWebhook, pod template) (*explanation, error) {
	request := o.podRequest(pod)
	e := &explanation{TypeMeta: pod.TypeMeta, Namespace: request.Namespace, Name: pod.Metadata.Name, SidecarSets: []sidecarSetVerdict{}}
	if pod.document != nil {
		e.Source = pod.source()
	}
	d, err := rule.Review(ctx, request)
	if err != nil {
		return nil, err
	}
	if e.Message, e.Warnings = d.Message, d.Warnings; !d.Allowed {
		e.Result = "refused"
	} else if e.Adds, err = additionsOf(pod.raw, d.Patch); err != nil {
		return nil, err
	} else if e.Result = "unchanged"; len(d.Patch) > 0 {
		e.Result = "injected"
	}
	var marks podMarks
	if json.Unmarshal(pod.raw, &marks) != nil && e.Result == "refused" {
		e.Webhooks = []webhookVerdict{} // the API server would not get as far as its webhooks
		return e, nil
	}
	if e.Webhooks, err = sentBy(ctx, entries, view, request.Namespace, marks.Metadata.Labels); err != nil {
		return nil, err
	}
	reasons, err := rule.Explain(ctx, request.Namespace, pod.raw)
	if err != nil && e.Result != "refused" { // a pod that cannot be read is refused for that
		return nil, err
	}
	for _, reason := range reasons {
		v, err := o.judge(ctx, view, reason, pod, &marks)
		if err != nil {
			return nil, err
		}
		e.SidecarSets = append(e.SidecarSets, v)
	}
	return e, nil
}

// judge says more about one SidecarSet than the clause.
func (o *explainOptions) judge(ctx context.Context, view cluster.View, reason inject.Reason, pod template, marks *podMarks) (sidecarSetVerdict, error) {
	v := sidecarSetVerdict{Name: reason.SidecarSet, Applies: reason.Clause == inject.Matched, Clause: reason.Clause, Detail: reason.Detail}
	for name := range strings.SplitSeq(marks.Metadata.Annotations[sidecarset.InjectedListAnnotation], ",") {
		v.Recorded = v.Recorded || name == v.Name
	}
	set, _, ok := view.SidecarSet(v.Name)
	if !v.Applies || !ok {
		return v, nil
	}
	v.Detail = join(v.Detail, whyRevision(set, strings.HasPrefix(reason.Detail, "pinned"), len(marks.Metadata.OwnerReferences) == 0))
	if created := marks.Metadata.CreationTimestamp; !v.Recorded && !created.IsZero() && created.Before(&set.CreationTimestamp) {
		v.Detail = join(v.Detail, "it is younger than the pod, and only new pods are injected")
	}
	d, err := o.alone(ctx, view, v.Name, pod)
	if err != nil {
		return v, err
	}
	if !d.Allowed {
		v.Detail = join(v.Detail, "it cannot be injected: the pod is refused")
		return v, nil
	}
	v.Adds, err = additionsOf(pod.raw, d.Patch)
	return v, err
}

// whyRevision says why a pinned revision is taken or not; nothing when none is pinned.
func whyRevision(set *v1beta1.SidecarSet, pinned, ownerless bool) string {
	revision, update := set.Spec.InjectionStrategy.Revision, &set.Spec.UpdateStrategy
	switch {
	case revision == nil || revision.RevisionName == nil && revision.CustomVersion == nil:
		return ""
	case revision.Policy != v1beta1.PartialSidecarSetInjectRevisionPolicy:
		return "spec.injectionStrategy.revision pins it for every pod"
	case update.Paused:
		return "spec.injectionStrategy.revision pins it, and spec.updateStrategy.paused holds every pod back"
	}
	why := "the live one, because spec.updateStrategy (selector and partition) takes this pod into the update"
	if pinned {
		why = "because spec.updateStrategy (selector and partition) does not take this pod into the update"
	}
	if ownerless {
		why += "; other pods of the same workload may get the other one"
	}
	return why
}

func join(first, second string) string {
	if first == "" || second == "" {
		return first + second
	}
	return first + "; " + second
}

// alone asks what a SidecarSet would do if it were the only one.
func (o *explainOptions) alone(ctx context.Context, view cluster.View, name string, pod template) (decision.Decision, error) {
	clash, err := inject.ParseClashPolicy(o.containerClash)
	if err != nil {
		return decision.Decision{}, err
	}
	engine, err := inject.New(inject.Options{View: view, Clock: time.Now, Clash: clash})
	if err != nil {
		return decision.Decision{}, err
	}
	engine.Changed([]string{name})
	return engine.Review(ctx, o.podRequest(pod))
}

// additions names what is in a pod after injection and was not before.
type additions struct {
	InitContainers   []string `json:"initContainers,omitempty"`
	Containers       []string `json:"containers,omitempty"`
	Volumes          []string `json:"volumes,omitempty"`
	ImagePullSecrets []string `json:"imagePullSecrets,omitempty"`
	Annotations      []string `json:"annotations,omitempty"`
	// Replaced names containers of the pod's own that become others.
	Replaced []string `json:"replaced,omitempty"`
	// Updated names containers of an earlier injection that become others.
	Updated []string `json:"updated,omitempty"`
}

// additionsOf compares a pod with what a patch makes of it.
func additionsOf(pod []byte, patch []decision.Operation) (additions, error) {
	injected, err := yamlpatch.ApplyJSON(pod, patch)
	if err != nil {
		return additions{}, err
	}
	before, err := readPodParts(pod)
	if err != nil {
		return additions{}, err
	}
	after, err := readPodParts(injected)
	if err != nil {
		return additions{}, err
	}
	a := additions{
		InitContainers:   after.Spec.InitContainers.newIn(before.Spec.InitContainers),
		Containers:       after.Spec.Containers.newIn(before.Spec.Containers),
		Volumes:          after.Spec.Volumes.newIn(before.Spec.Volumes),
		ImagePullSecrets: after.Spec.ImagePullSecrets.newIn(before.Spec.ImagePullSecrets),
		Annotations:      newKeys(before.Metadata.Annotations, after.Metadata.Annotations),
	}
	for _, changed := range append(
		before.Spec.InitContainers.changedIn(after.Spec.InitContainers), before.Spec.Containers.changedIn(after.Spec.Containers)...) {
		if changed.injected {
			a.Updated = append(a.Updated, changed.name)
		} else {
			a.Replaced = append(a.Replaced, changed.name)
		}
	}
	return a, nil
}
