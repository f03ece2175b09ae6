package main

// The command doctor: why an installation does not work.

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/webhook"
)

// doctorOptions are the flags of the doctor command.
type doctorOptions struct {
	questionOptions
	service        string
	serviceAccount string
	configurations []string
	output         string
}

func newDoctorCommand() *cobra.Command {
	options := &doctorOptions{}
	command := &cobra.Command{
		Use:   "doctor",
		Short: "Say why an installation does not work",
		Long: "Examine the installation in a cluster: its CRDs, its Service and the replicas behind it, its webhook configurations, the\n" +
			"certificate authority that they name, and its rights. Then try what matters: let the API server call the server, by creating a\n" +
			"SidecarSet and a pod as dry runs, and by converting. From what the API server says of a call that fails, doctor tells a\n" +
			"firewall from a missing Service, DNS, a wrong certificate or a path that nobody serves. Nothing in the cluster is changed.\n\n" +
			"Each check says ok, wrong with the cause and the remedy, or unknown, for example because your own rights do not suffice.\n" +
			"The pod is tried in the namespace that --namespace names.\n\n" +
			"Exit codes: 0 all is well, 1 something is wrong, 2 the command line or a file that it names is wrong, 3 cannot tell.",
		Example: "  # the installation of deploy/ or of the chart with its default names\n" +
			"  kruise-admission doctor\n\n" +
			"  # why pods of a namespace get no sidecars\n" +
			"  kruise-admission doctor -n shop\n\n" +
			"  # under OpenKruise's names\n" +
			"  kruise-admission doctor --server-namespace kruise-system --service-name kruise-webhook-service",
		Args: noArguments,
		RunE: answering(runValid(options)),
	}
	flags := command.Flags()
	flags.StringVar(&options.serverNamespace, "server-namespace", webhook.DefaultNamespace, "`namespace` of the server and its Service")
	flags.StringVar(&options.service, "service-name", webhook.DefaultServiceName, "`name` of the Service in front of the server")
	flags.StringVar(&options.serviceAccount, "service-account", webhook.DefaultServiceAccount, "`name` of the ServiceAccount of the server")
	flags.StringSliceVar(&options.configurations, "webhook-configuration", []string{webhook.DefaultConfigurationName},
		"`names` of the webhook configurations; that of a second chance is found by itself")
	flags.StringVarP(&options.output, "output", "o", "table", "table or json")
	options.addClusterFlags(flags)
	completeValues(command, map[string][]string{"output": {"table", "json"}})
	return command
}

func (o *doctorOptions) validate() error {
	if err := oneOf("--output", o.output, "table", "json"); err != nil {
		return err
	}
	for _, name := range []struct {
		flag, value string
		problems    []string
	}{
		{"--service-name", o.service, validation.IsDNS1123Label(o.service)},
		{"--service-account", o.serviceAccount, validation.IsDNS1123Subdomain(o.serviceAccount)},
	} {
		if len(name.problems) > 0 {
			return fmt.Errorf("%s: invalid value %q: %s", name.flag, name.value, name.problems[0])
		}
	}
	if err := validateConfigurations(o.configurations); err != nil {
		return err
	}
	return o.validateValues()
}

func (o *doctorOptions) run(command *cobra.Command) error {
	ctx := command.Context()
	config, err := o.connect(ctx)
	if err != nil {
		return err
	}
	d, err := newDoctor(o, config)
	if err != nil {
		return err
	}
	d.configurations = withSecondChances(ctx, d.client, d.configurations)
	report := d.examine(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := report.print(command.OutOrStdout(), o.output); err != nil {
		return err
	}
	return report.verdict()
}

// doctor examines one installation.
type doctor struct {
	*doctorOptions
	config  *rest.Config
	client  kubernetes.Interface
	dynamic dynamic.Interface
}

func newDoctor(options *doctorOptions, config *rest.Config) (*doctor, error) {
	config = rest.CopyConfig(config)
	config.WarningHandler = rest.NoWarnings{} // of objects that are only tried
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	objects, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return &doctor{options, config, client, objects}, nil
}

// examine does all checks, those first on which others stand.
func (d *doctor) examine(ctx context.Context) *doctorReport {
	report := &doctorReport{Checks: []check{}}
	for _, examination := range []struct {
		name  string
		check func(ctx context.Context) []check
	}{
		{"version", d.checkVersions},
		{"crds", d.checkCRDs},
		{"service", d.checkService},
		{"configurations", d.checkConfigurations},
		{"authority", d.checkAuthority},
		{"rights", d.checkRights},
		{"call", d.checkCall},
		{"conversion", d.checkConversion},
		{"pods", d.checkPods},
	} {
		if ctx.Err() != nil {
			return report
		}
		for _, c := range examination.check(ctx) {
			c.Name = examination.name
			report.Checks = append(report.Checks, c)
		}
	}
	return report
}

// verdict is the error that makes the exit code. What is wrong is wrong, also when something else is not known.
func (r *doctorReport) verdict() error {
	wrong, unclear := r.count(checkWrong), r.count(checkUnknown)
	switch {
	case wrong > 0:
		return refusedError{errors.New(count(wrong, "check says", "checks say") + " that something is wrong")}
	case unclear > 0:
		return unableError{errors.New(count(unclear, "check", "checks") + " could not tell")}
	}
	return nil
}
