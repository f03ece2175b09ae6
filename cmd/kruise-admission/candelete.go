package main

// The command can-delete: whether delete protection lets an object go.

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/cluster/dependents"
	"github.com/kruise-admission/kruise-admission/protection"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// canDeleteOptions are the flags of the can-delete command.
type canDeleteOptions struct {
	questionOptions
	config string
	output string
}

func newCanDeleteCommand() *cobra.Command {
	options := &canDeleteOptions{questionOptions: questionOptions{serverNamespace: defaultNamespace, instead: "-f FILE"}}
	command := &cobra.Command{
		Use:   "can-delete KIND/NAME",
		Short: "Say whether delete protection lets an object go",
		Long: "Say whether delete protection lets an object go, and if not, what blocks. KIND is a kind or resource of the table of delete\n" +
			"protection, if need be with its group, as in statefulsets.apps. For a namespace, the protected objects in it are listed with\n" +
			"their own verdicts: once the namespace is being deleted, their labels hold nothing up any more.\n\n" +
			"The object is that of the cluster, and what is below it is looked for with the rights of the user; or with -f it is that of\n" +
			"files, and what is below it cannot be told unless the object itself says it, as replicas do. It is assumed that the server\n" +
			"runs with the feature gate ResourcesDeletionProtection.\n\n" + exitCodes,
		Example: "  # a Deployment of the cluster\n" +
			"  kruise-admission can-delete deployment/web -n shop\n\n" +
			"  # a whole namespace\n" +
			"  kruise-admission can-delete ns/shop\n\n" +
			"  # an object that is in a file\n" +
			"  kruise-admission can-delete cloneset/web -n shop -f manifests/",
		RunE: answering(func(command *cobra.Command, args []string) error {
			if err := options.validate(args); err != nil {
				return usageError{err}
			}
			return options.run(command, args[0])
		}),
	}
	flags := command.Flags()
	options.addFileFlag(flags, "the objects, instead of a cluster")
	flags.StringVar(&options.config, "config", "", "`file` that configures delete protection, as for the server")
	flags.StringVarP(&options.output, "output", "o", "text", "text or json")
	flags.StringVar(&options.featureGates, "feature-gates", "", "feature gates of the server, as a list of `Name=true|false`")
	options.addClusterFlags(flags)
	completeValues(command, map[string][]string{"output": {"text", "json"}})
	command.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var kinds []string
		for _, name := range resourceNames(protection.Default().Rules()) {
			kinds = append(kinds, name+"/")
		}
		return kinds, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	return command
}

func (o *canDeleteOptions) validate(args []string) error {
	if err := oneOf("--output", o.output, "text", "json"); err != nil {
		return err
	}
	switch {
	case len(args) != 1:
		return fmt.Errorf("got %s, want one: KIND/NAME", count(len(args), "argument", "arguments"))
	case len(o.files) > 0 && o.kubeconfig != "":
		return fmt.Errorf("--kubeconfig: %q cannot be used together with -f, which needs no cluster", o.kubeconfig)
	case len(o.files) > 0 && o.context != "":
		return fmt.Errorf("--context: %q cannot be used together with -f, which needs no cluster", o.context)
	}
	return o.validateValues()
}

// deletables is where objects come from: a cluster or files.
type deletables interface {
	// get finds one object; an error names it.
	get(ctx context.Context, rule *protection.Rule, namespace, name string) (*object, error)
	// protected lists the objects of a namespace that carry the label of delete protection.
	protected(ctx context.Context, rules []protection.Rule, namespace string) ([]*object, error)
}

func (o *canDeleteOptions) run(command *cobra.Command, target string) error {
	ctx := command.Context()
	table, err := readConfig(o.config)
	if err != nil {
		return err
	}
	rules := table.Rules()
	rule, name, err := parseTarget(rules, target)
	if err != nil {
		return usageError{err}
	}
	source, judge, err := o.open(ctx, table, command.InOrStdin())
	if err != nil {
		return err
	}
	found, err := source.get(ctx, rule, o.namespace, name)
	if err != nil {
		return err
	}
	verdict := judge.about(ctx, rule, found)
	if rule.Group == "" && rule.Resource == "namespaces" {
		inside, err := source.protected(ctx, rules, name)
		if err != nil {
			return fmt.Errorf("list what is protected in namespace %s: %w", name, err)
		}
		for _, object := range inside {
			if rule := ruleOf(rules, object); rule != nil {
				verdict.Inside = append(verdict.Inside, judge.about(ctx, rule, object))
			}
		}
	}
	if o.output == "json" {
		err = printJSON(command.OutOrStdout(), verdict)
	} else {
		_, err = io.WriteString(command.OutOrStdout(), verdict.text())
	}
	if err != nil {
		return err
	}
	switch verdict.Verdict {
	case refused:
		return refusedError{fmt.Errorf("%s cannot be deleted", target)}
	case unknown:
		return fmt.Errorf("whether %s can be deleted is not known", target)
	}
	return nil
}

// open makes the judge, and says where objects are.
func (o *canDeleteOptions) open(ctx context.Context, table *protection.Table, stdin io.Reader) (deletables, *deleteJudge, error) {
	gates, err := webhook.ParseGates("ResourcesDeletionProtection=true," + o.featureGates)
	if err != nil {
		return nil, nil, usageError{fmt.Errorf("--feature-gates: %w", err)}
	}
	options := protection.Options{
		Enabled: gates.Enabled(webhook.ResourcesDeletionProtection), CRDCascading: gates.Enabled(webhook.DeletionProtectionForCRDCascadingGate),
		Table: table, Now: time.Now,
	}
	judge := &deleteJudge{}
	if len(o.files) > 0 {
		_, objects, err := readObjects("-f", o.files, stdin)
		if err != nil {
			return nil, nil, err
		}
		if o.namespace == "" {
			o.namespace = metav1.NamespaceDefault
		}
		files := fileDeletables{objects: objects, namespace: o.namespace}
		options.Namespaces = files
		judge.rules = protection.New(options)
		return files, judge, nil
	}
	config, err := o.connect(ctx)
	if err != nil {
		return nil, nil, err
	}
	source, err := newLiveDeletables(config)
	if err != nil {
		return nil, nil, err
	}
	below, err := dependents.NewForConfig(config)
	if err != nil {
		return nil, nil, err
	}
	options.Dependents, options.Namespaces = ownRights{below}, source
	judge.rules = protection.New(options)
	judge.user, err = source.whoAmI(ctx)
	return source, judge, err
}
