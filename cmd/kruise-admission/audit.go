package main

// The command audit: what in a cluster is not as the SidecarSets and the protection labels say.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/protection"
)

// auditOptions are the flags of the audit command.
type auditOptions struct {
	questionOptions
	webhooks      []string
	config        string
	allNamespaces bool
	watch         bool
	interval      time.Duration
	output        string
}

func newAuditCommand() *cobra.Command {
	options := &auditOptions{questionOptions: questionOptions{instead: "-f FILE and --sidecarsets FILE"}}
	command := &cobra.Command{
		Use:   "audit",
		Short: "Find pods without their sidecars, SidecarSets of no use, and protected objects",
		Long: "Look at all pods of a namespace, or of the cluster, and at all SidecarSets, and print what is not as it should be:\n\n" +
			"  missed    a pod should have a sidecar and does not: it was created while nobody injected\n" +
			"  older     a pod has no sidecar because it is older than the SidecarSet\n" +
			"  outdated  a pod has the sidecars of another revision than a new pod would get\n" +
			"  refused   a pod like it would be refused if it were created now\n" +
			"  clash     two SidecarSets bring a container of the same name into the same pods\n" +
			"  broken    a SidecarSet cannot be used, so it is ignored\n" +
			"  idle      a SidecarSet applies to no pod; only with --all-namespaces or -f\n" +
			"  label     an object has a protection label that protects nothing\n" +
			"  kept-out  a note: no webhook configuration sends pods like it to the server\n" +
			"  paused    a note: injection of a SidecarSet is paused\n\n" +
			"Objects that are protected from deletion are listed at the end. Pods that have finished are passed over. Pods are read in\n" +
			"pages, metadata only. Use explain to see what a new pod would get, and why.\n\n" +
			"Exit codes: 0 nothing found but notes, 1 something found, 2 the command line or a file that it names is wrong, 3 cannot\n" +
			"tell (for example, the cluster does not answer). --watch goes on until it is interrupted, which is 130.",
		Example: "  # the namespace of the context\n" +
			"  kruise-admission audit\n\n" +
			"  # the whole cluster, for a program\n" +
			"  kruise-admission audit -A -o json\n\n" +
			"  # go on looking, and print what changes\n" +
			"  kruise-admission audit -A --watch --interval 1m\n\n" +
			"  # what somebody has saved of a cluster\n" +
			"  kubectl get pods -A -o yaml > pods.yaml\n" +
			"  kubectl get sidecarsets,namespaces -o yaml > sidecarsets.yaml\n" +
			"  kruise-admission audit -f pods.yaml --sidecarsets sidecarsets.yaml",
		Args: noArguments,
		RunE: answering(runValid(options)),
	}
	flags := command.Flags()
	options.addFileFlag(flags, "pods and other objects, instead of those of a cluster")
	flags.BoolVarP(&options.allNamespaces, "all-namespaces", "A", false, "look at all namespaces")
	flags.BoolVarP(&options.watch, "watch", "w", false, "look again and again, and print what has come and gone")
	flags.DurationVar(&options.interval, "interval", 30*time.Second, "`time` between two looks of --watch")
	flags.StringVarP(&options.output, "output", "o", "table", "table or json; with --watch a JSON object for each look")
	flags.StringVar(&options.config, "config", "", "`file` that configures delete protection, as for the server")
	flags.StringArrayVar(&options.webhooks, "webhooks", nil,
		"`file` or folder with webhook configurations, instead of those of the cluster; without a cluster the default is those of deploy/; repeatable")
	options.addEngineFlags(flags)
	options.addClusterFlags(flags)
	completeValues(command, map[string][]string{"output": {"table", "json"}})
	completeValues(command, options.clashes.complete())
	return command
}

func (o *auditOptions) validate() error {
	if err := oneOf("--output", o.output, "table", "json"); err != nil {
		return err
	}
	switch {
	case o.offline() && len(o.files) == 0:
		return errors.New("--sidecarsets: needs -f FILE with the pods, because with it no cluster is asked")
	case len(o.files) > 0 && o.watch:
		return errors.New("--watch: cannot be used together with -f, because files are read once")
	case o.allNamespaces && o.namespace != "":
		return fmt.Errorf("--all-namespaces: cannot be used together with --namespace %s", o.namespace)
	case o.interval <= 0:
		return fmt.Errorf("--interval: invalid value %s, expected more than 0s", o.interval)
	}
	return o.questionOptions.validate()
}

func (o *auditOptions) run(command *cobra.Command) error {
	ctx, out, stderr := command.Context(), command.OutOrStdout(), command.ErrOrStderr()
	table, err := readConfig(o.config)
	if err != nil {
		return err
	}
	var config *rest.Config
	if !o.offline() {
		if config, err = o.connect(ctx); err != nil {
			return err
		}
	}
	var source auditSource
	if len(o.files) > 0 {
		if source, err = newFileAudit(o.files, command.InOrStdin(), cmp.Or(o.namespace, metav1.NamespaceDefault)); err != nil {
			return err
		}
	} else if source, err = newLiveAudit(config, o.scope(), newProgress(stderr)); err != nil {
		return err
	}
	look := func() (*auditReport, error) { return o.look(ctx, config, source, table, stderr) }
	report, err := look()
	if err != nil {
		return err
	}
	if err := report.print(out, o.output); err != nil {
		return err
	}
	if !o.watch {
		return report.verdict()
	}
	for sleep(ctx, o.interval) {
		next, err := look()
		if err != nil {
			if ctx.Err() == nil {
				_, _ = fmt.Fprintln(stderr, "warning: "+oneLine(err.Error()))
			}
			continue
		}
		if o.output == "json" {
			err = next.print(out, o.output)
		} else {
			err = report.printChanges(out, next)
		}
		if err != nil {
			return err
		}
		report = next
	}
	return errInterrupted
}

// scope is the namespace that is looked at; empty means all.
func (o *auditOptions) scope() string {
	if o.allNamespaces {
		return corev1.NamespaceAll
	}
	if o.namespace == "" {
		return metav1.NamespaceDefault
	}
	return o.namespace
}

// sleep waits; it says whether to go on.
func sleep(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// auditSource is where the objects are that an audit looks at: in a cluster or in files.
type auditSource interface {
	// pods visits all pods that have not finished.
	pods(ctx context.Context, visit func(page [][]byte) error) error
	// whole reads a pod with its spec; ok is false when it is gone.
	whole(ctx context.Context, namespace, name string) (pod []byte, ok bool, err error)
	// labelled lists the objects of a kind that carry the label of delete protection.
	labelled(ctx context.Context, rule *protection.Rule) ([]metav1.PartialObjectMetadata, error)
	// complete says that there are no other pods.
	complete() bool
}
