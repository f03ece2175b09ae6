package main

// The command validate: whether objects of OpenKruise would be admitted.

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/cmd/kruise-admission/internal/yamlpatch"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// validateOptions are the flags of the validate command.
type validateOptions struct {
	questionOptions
	old    []string
	server bool
	output string
}

func newValidateCommand() *cobra.Command {
	options := &validateOptions{}
	command := &cobra.Command{
		Use:   "validate -f FILE",
		Short: "Say whether OpenKruise objects would be admitted",
		Long: "Say whether the OpenKruise objects of manifests would be admitted, after the defaults that admission gives them. Other objects\n" +
			"are passed over. Objects that --old holds too, by kind, namespace and name, are judged as updates of those.\n\n" +
			"No cluster is asked unless --server is given: pod templates are then checked by the built-in rules, which are a short list,\n" +
			"and SidecarSets are compared with those of --sidecarsets. With --server the cluster checks pod templates, by dry run.\n\n" +
			exitCodes,
		Example: "  # in CI\n" +
			"  kruise-admission validate -f manifests/ -o junit > report.xml\n\n" +
			"  # for a service that shows findings beside the lines of the manifests\n" +
			"  kruise-admission validate -f manifests/ -o sarif > report.sarif\n\n" +
			"  # whether an update would be admitted\n" +
			"  kruise-admission validate -f new.yaml --old old.yaml\n\n" +
			"  # what the cluster's own version says about the pod template\n" +
			"  kruise-admission validate -f cloneset.yaml --server",
		Args: noArguments,
		RunE: answering(runValid(options)),
	}
	flags := command.Flags()
	options.addFileFlag(flags, "the manifests to validate")
	flags.StringArrayVar(&options.old, "old", nil, "`file` or folder with the objects as they are now; repeatable")
	flags.BoolVar(&options.server, "server", false, "ask the cluster about pod templates, pods and, without --sidecarsets, SidecarSets")
	flags.StringVarP(&options.output, "output", "o", "text", "text, json, junit or sarif")
	options.addEngineFlags(flags)
	options.addClusterFlags(flags)
	completeValues(command, map[string][]string{"output": {"text", "json", "junit", "sarif"}})
	completeValues(command, options.clashes.complete())
	return command
}

func (o *validateOptions) validate() error {
	if err := oneOf("--output", o.output, "text", "json", "junit", "sarif"); err != nil {
		return err
	}
	for _, flag := range []struct{ name, value string }{{"--kubeconfig", o.kubeconfig}, {"--context", o.context}} {
		if !o.server && flag.value != "" {
			return fmt.Errorf("%s: %q needs --server, without which no cluster is asked", flag.name, flag.value)
		}
	}
	return o.validateValues()
}

func (o *validateOptions) run(command *cobra.Command) error {
	ctx, stderr := command.Context(), command.ErrOrStderr()
	objects, passedOver, err := readKruiseObjects("-f", o.files, command.InOrStdin())
	if err != nil {
		return err
	}
	if len(objects) == 0 {
		return inputError{fmt.Errorf("-f: there is no OpenKruise object in %s, only %s",
			strings.Join(o.files, ", "), count(passedOver, "other object", "other objects"))}
	}
	var before []*object
	if len(o.old) > 0 {
		if before, _, err = readKruiseObjects("--old", o.old, nil); err != nil {
			return err
		}
	}
	engine, err := o.open(ctx, stderr)
	if err != nil {
		return err
	}
	if !o.server && slices.ContainsFunc(objects, func(object *object) bool { return len(templatesOf(object)) > 0 }) {
		_, _ = fmt.Fprintln(stderr, "note: pod templates are checked by the built-in rules, which are a short list; --server asks the cluster")
	}
	report := &validationReport{PassedOver: passedOver}
	for _, object := range objects {
		report.add(o.check(ctx, engine, object, o.olderOf(object, before)))
	}
	if err := report.print(command.OutOrStdout(), o.output); err != nil {
		return err
	}
	return report.verdict()
}

// open asks the cluster only when told to.
func (o *validateOptions) open(ctx context.Context, stderr io.Writer) (*parts, error) {
	var config *rest.Config
	var asked lookups
	if o.server {
		var err error
		if config, err = o.connect(ctx); err != nil {
			return nil, err
		}
		// Templates are tried where the user works, who may have no rights in the namespace of the server.
		if asked, err = newLookups(config, o.namespace); err != nil {
			return nil, err
		}
	}
	return o.engine(ctx, config, asked, stderr)
}

// readKruiseObjects reads the objects of OpenKruise, and counts the others.
func readKruiseObjects(flag string, files []string, stdin io.Reader) (kruise []*object, others int, err error) {
	_, objects, err := readObjects(flag, files, stdin)
	if err != nil {
		return nil, 0, err
	}
	for _, o := range objects {
		if group := o.group(); group == "kruise.io" || strings.HasSuffix(group, ".kruise.io") {
			kruise = append(kruise, o)
		} else {
			others++
		}
	}
	return kruise, others, nil
}

// olderOf finds the object that an object is an update of.
func (o *validateOptions) olderOf(updated *object, before []*object) *object {
	i := slices.IndexFunc(before, func(old *object) bool {
		return old.Kind == updated.Kind && old.group() == updated.group() && updated.Metadata.Name != "" &&
			old.Metadata.Name == updated.Metadata.Name && o.namespaceOf(old) == o.namespaceOf(updated)
	})
	if i < 0 {
		return nil
	}
	return before[i]
}

// check sends an object the way of an API server: to the endpoints that give defaults, then to those that validate.
func (o *validateOptions) check(ctx context.Context, engine *parts, object, old *object) *checked {
	result := &checked{
		Source: object.source(), TypeMeta: object.TypeMeta, Namespace: object.Metadata.Namespace, Name: object.Metadata.Name,
		Operation: admissionv1.Create, title: object.String(), object: object,
	}
	request, err := o.request(object)
	if err != nil {
		return result.unknown(err)
	}
	if old != nil {
		result.Operation = admissionv1.Update
		request.Operation = admissionv1.Update
		if request.OldObject.Raw, err = o.storedAs(ctx, engine, old, object.APIVersion); err != nil {
			return result.unknown(fmt.Errorf("the old object (%s): %w", old.source(), err))
		}
		if request.Object.Raw, request.OldObject.Raw, err = asUpdate(request.Object.Raw, request.OldObject.Raw); err != nil {
			return result.unknown(err)
		}
	}
	mutating, validating := endpointsFor(request, object.Metadata.Labels)
	// Entries for labelled objects only, those of delete protection, say nothing about the kind.
	if !slices.ContainsFunc(slices.Concat(mutating, validating), func(e webhook.Endpoint) bool { return e.ObjectSelector == nil }) {
		return result.unknown(fmt.Errorf("there are no rules for kind %s of %s", object.Kind, object.APIVersion))
	}
	if err := mutate(ctx, engine, mutating, request, result); err != nil {
		return result.unknown(err)
	}
	for _, endpoint := range validating {
		if result.Verdict == refused {
			break
		}
		d, err := endpoint.Reviewer(engine.rules).Review(ctx, request)
		if err != nil {
			return result.unknown(err)
		}
		result.take(d)
	}
	return result
}

// mutate gives the object of the request its defaults.
func mutate(ctx context.Context, engine *parts, endpoints []webhook.Endpoint, request *admissionv1.AdmissionRequest, result *checked) error {
	for _, endpoint := range endpoints {
		d, err := endpoint.Reviewer(engine.rules).Review(ctx, request)
		if err != nil {
			return err
		}
		if result.take(d); !d.Allowed {
			return nil
		}
		if request.Object.Raw, err = yamlpatch.ApplyJSON(request.Object.Raw, d.Patch); err != nil {
			return err
		}
	}
	return nil
}

// take adds the answer of an endpoint to the result.
func (c *checked) take(d decision.Decision) {
	for _, warning := range d.Warnings {
		if !slices.Contains(c.Warnings, warning) {
			c.Warnings = append(c.Warnings, warning)
		}
	}
	c.Verdict = fine
	if !d.Allowed {
		c.Verdict, c.Code, c.Reason, c.Message, c.Causes = refused, d.Code, d.Reason, d.Message, d.Causes
	}
}

// unknown says that there is no verdict.
func (c *checked) unknown(err error) *checked {
	c.Verdict, c.Code, c.Message = unknown, http.StatusInternalServerError, err.Error()
	return c
}
