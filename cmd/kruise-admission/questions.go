package main

// The flags that the commands share which ask the engine.

import (
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kruise-admission/kruise-admission/webhook"
)

// questionOptions are the flags that commands share which ask the engine: about what, and against which SidecarSets.
type questionOptions struct {
	files           []string
	sidecarSets     []string
	kubeconfig      string
	context         string
	namespace       string
	timeout         time.Duration
	serverNamespace string
	featureGates    string
	clashes         clashFlags

	// instead names the flags by which the command needs no cluster; empty when it always does.
	instead string
}

func (o *questionOptions) addFileFlag(flags *pflag.FlagSet, what string) {
	flags.StringArrayVarP(&o.files, "filename", "f", nil, "`file`, folder, or - for standard input, with "+what+"; repeatable")
}

func (o *questionOptions) addClusterFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "`file` that says how to reach the cluster; default: KUBECONFIG, else ~/.kube/config")
	flags.StringVar(&o.context, "context", "", "`name` of the context of the kubeconfig; default: the current one")
	flags.StringVarP(&o.namespace, "namespace", "n", "", "`namespace` of objects that name none; default: that of the context, else default")
	flags.DurationVar(&o.timeout, "timeout", 30*time.Second, "`time` in which the cluster must answer")
}

func (o *questionOptions) addEngineFlags(flags *pflag.FlagSet) {
	flags.StringArrayVar(&o.sidecarSets, "sidecarsets", nil,
		"`file` or folder with SidecarSets, and if wanted Namespaces, ControllerRevisions and the settings ConfigMap, instead of a cluster; repeatable")
	flags.StringVar(&o.serverNamespace, "server-namespace", "",
		"`namespace` of the server, where the revisions of SidecarSets and the settings are; default: that of the Service that the webhook configurations call, and with --sidecarsets wherever the files have them")
	flags.StringVar(&o.featureGates, "feature-gates", "", "feature gates of the server, as a list of `Name=true|false`")
	o.clashes.add(flags)
}

// offline says that files are asked and no cluster.
func (o *questionOptions) offline() bool { return len(o.sidecarSets) > 0 }

// validate reports the first flag whose value cannot work, by flag and value.
func (o *questionOptions) validate() error {
	for _, flag := range []struct{ name, value string }{{"--kubeconfig", o.kubeconfig}, {"--context", o.context}} {
		if o.offline() && flag.value != "" {
			return fmt.Errorf("%s: %q cannot be used together with --sidecarsets, which needs no cluster", flag.name, flag.value)
		}
	}
	return o.validateValues()
}

// validateValues reports the first flag whose value cannot work whatever the others are.
func (o *questionOptions) validateValues() error {
	for _, flag := range []struct{ name, value string }{{"--namespace", o.namespace}, {"--server-namespace", o.serverNamespace}} {
		if problems := validation.IsDNS1123Label(flag.value); flag.value != "" && len(problems) > 0 {
			return fmt.Errorf("%s: invalid value %q: %s", flag.name, flag.value, problems[0])
		}
	}
	if slices.Contains(o.sidecarSets, "-") {
		return fmt.Errorf("--sidecarsets: %w", errOnlyFiles)
	}
	if o.timeout <= 0 {
		return fmt.Errorf("--timeout: invalid value %s, expected more than 0s", o.timeout)
	}
	if _, err := webhook.ParseGates(o.featureGates); err != nil {
		return fmt.Errorf("--feature-gates: invalid value %q: %w", o.featureGates, err)
	}
	if _, err := o.clashes.policies(); err != nil {
		return err
	}
	return nil
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
