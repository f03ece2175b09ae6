package installation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// Names in deploy/manifests.
const (
	Namespace      = "kruise-admission"
	service        = "kruise-admission-webhook"
	serviceAccount = "kruise-admission"
)

// patience is how long is waited for what only takes long when something is broken.
const patience = 3 * time.Minute

// Options of an installation. The zero value is a good one.
type Options struct {
	// Replicas of the server. Default 2.
	Replicas int
	// Args are further flags of the server. Default: those of deploy/manifests/30-deployment.yaml.
	Args []string
	// WithoutWebhooks leaves out deploy/webhooks.yaml: objects are stored as they are sent, and are converted.
	WithoutWebhooks bool
	// SecondChance installs the second chance of pods, as the chart does with webhooks.pods.secondChance.
	SecondChance bool
	// Warnings takes the warnings that Client gets. Default: they are dropped.
	Warnings io.Writer
}

// Installation is the product, installed in a control plane.
type Installation struct {
	// Client has the rights of a cluster administrator.
	Client   *Client
	Balancer *Balancer

	options    Options
	binary     string
	dir        string
	kubeconfig string

	mutex    sync.Mutex
	replicas []*Replica
	started  int
}

// Root is the folder of the root module.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}

// Install installs deploy/ and starts the replicas, in the order that the README gives: what the server needs, then the server,
// and the webhooks when a replica is ready. The caller must Stop the result, also when there is an error.
func Install(ctx context.Context, cluster *controlplane.ControlPlane, options Options) (*Installation, error) {
	if options.Replicas == 0 {
		options.Replicas = 2
	}
	if options.Warnings == nil {
		options.Warnings = io.Discard
	}
	i := &Installation{options: options}
	var err error
	if i.binary, err = Build(ctx); err != nil {
		return i, err
	}
	if i.dir, err = os.MkdirTemp("", "kruise-admission-"); err != nil {
		return i, err
	}
	if i.Client, err = NewClient(cluster.RESTConfig(), options.Warnings); err != nil {
		return i, err
	}
	if i.Balancer, err = NewBalancer(); err != nil {
		return i, err
	}
	if err := i.applyCRDs(ctx); err != nil {
		return i, fmt.Errorf("install deploy/crds: %w", err)
	}
	if err := i.applyManifests(ctx); err != nil {
		return i, fmt.Errorf("install deploy/manifests: %w", err)
	}
	if i.kubeconfig, err = writeKubeconfig(ctx, cluster.Client(), cluster.RESTConfig(), i.dir); err != nil {
		return i, err
	}
	for range options.Replicas {
		if _, err := i.StartReplica(ctx); err != nil {
			return i, err
		}
	}
	if options.WithoutWebhooks {
		return i, nil
	}
	webhooks, err := Read(filepath.Join(Root(), "deploy", "webhooks.yaml"))
	if err != nil {
		return i, err
	}
	if options.SecondChance {
		if webhooks, err = withSecondChance(webhooks); err != nil {
			return i, err
		}
	}
	for _, configuration := range webhooks {
		i.redirect(configuration.Object)
		if _, err := i.Client.Apply(ctx, configuration); err != nil {
			return i, fmt.Errorf("install deploy/webhooks.yaml: %w", err)
		}
	}
	return i, waitCalled(ctx, cluster.RESTConfig())
}

// Stop kills the replicas. What is installed in the control plane stays.
func (i *Installation) Stop() error {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	for _, replica := range i.replicas {
		replica.Kill()
	}
	var err error
	if i.Balancer != nil {
		err = i.Balancer.Close()
	}
	if i.dir != "" {
		err = errors.Join(err, os.RemoveAll(i.dir))
	}
	return err
}

// StartReplica starts one more replica, with flags besides those of the others, and waits until it is ready. It is behind the
// Service from the start, which leads to it as long as it is ready: what makes it ready may itself come through the Service.
func (i *Installation) StartReplica(ctx context.Context, flags ...string) (*Replica, error) {
	i.mutex.Lock()
	i.started++
	name := fmt.Sprintf("replica-%d", i.started)
	i.mutex.Unlock()
	args := append([]string{
		"--kubeconfig=" + i.kubeconfig, "--namespace=" + Namespace, "--service-name=" + service,
		"--feature-gates=ResourcesDeletionProtection=true",
	}, append(slices.Clone(i.options.Args), flags...)...)
	if i.options.SecondChance {
		args = append(args, "--webhook-configuration="+webhook.DefaultConfigurationName+","+SecondChanceName)
	}
	replica, err := StartServer(ctx, name, i.binary, i.dir, args...)
	if err != nil {
		return nil, err
	}
	i.mutex.Lock()
	i.replicas = append(i.replicas, replica)
	i.mutex.Unlock()
	i.Balancer.add(replica.Address(), replica.ready.Load)
	if err := replica.WaitReady(ctx); err != nil {
		return nil, err
	}
	return replica, nil
}

// Replicas are all replicas that were started.
func (i *Installation) Replicas() []*Replica {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	return append([]*Replica(nil), i.replicas...)
}

// LogTail returns the last lines of the log of each replica, for the report of a failed test.
func (i *Installation) LogTail(lines int) string {
	var text strings.Builder
	for _, replica := range i.Replicas() {
		text.WriteString(replica.Tail(lines))
	}
	return text.String()
}

func (i *Installation) applyCRDs(ctx context.Context) error {
	crds, err := Read(filepath.Join(Root(), "deploy", "crds"))
	if err != nil {
		return err
	}
	for _, crd := range crds {
		i.redirect(crd.Object)
		if _, err := i.Client.Apply(ctx, crd); err != nil {
			return err
		}
	}
	for _, crd := range crds {
		err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
			stored, err := i.Client.Get(ctx, crd)
			if err != nil {
				return false, err
			}
			// A new CRD has null for conditions, which unstructured.NestedSlice takes for an error.
			value, _, err := unstructured.NestedFieldNoCopy(stored.Object, "status", "conditions")
			conditions, _ := value.([]any)
			for _, condition := range conditions {
				if c, ok := condition.(map[string]any); ok && c["type"] == "Established" && c["status"] == "True" {
					return true, nil
				}
			}
			return false, err
		})
		if err != nil {
			return fmt.Errorf("%s is not established: %w", crd.GetName(), err)
		}
	}
	return nil
}

// applyManifests installs what the API server itself acts on. The Deployment is checked by dry run only: no kubelet would run its
// pods.
func (i *Installation) applyManifests(ctx context.Context) error {
	objects, err := Read(filepath.Join(Root(), "deploy", "manifests"))
	if err != nil {
		return err
	}
	for _, object := range objects {
		switch object.GetKind() {
		case "Deployment":
			resource, err := i.Client.Resource(object)
			if err != nil {
				return err
			}
			_, err = resource.Create(ctx, object, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict})
			if err != nil {
				return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
			}
			continue
		case "ClusterRole":
			if i.options.SecondChance {
				allowSecondChance(object)
			}
		case "Service":
			object.Object["spec"] = map[string]any{"type": "ExternalName", "externalName": "localhost"}
		}
		if _, err := i.Client.Apply(ctx, object); err != nil {
			return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	return nil
}

// redirect gives every reference to our Service the port of the balancer: a Service of type ExternalName maps no ports.
func (i *Installation) redirect(value any) {
	switch v := value.(type) {
	case map[string]any:
		if reference, ok := v["service"].(map[string]any); ok && reference["name"] == service {
			reference["port"] = int64(i.Balancer.Port())
		}
		for _, member := range v {
			i.redirect(member)
		}
	case []any:
		for _, element := range v {
			i.redirect(element)
		}
	}
}

// waitCalled waits until the API server calls us by both configurations: it reads each kind of them through a cache of its own. A SidecarSet
// without selector, which the schema takes, is refused by one, and one with a selector gets its hash by the other.
func waitCalled(ctx context.Context, config *rest.Config) error {
	client, err := NewClient(config, io.Discard) // nobody wants to be warned about the probe
	if err != nil {
		return err
	}
	probe := func(spec map[string]any) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "apps.kruise.io/v1beta1", "kind": "SidecarSet", "metadata": map[string]any{"name": "installation-probe"}, "spec": spec,
		}}
	}
	refused, hashed := probe(map[string]any{}), probe(map[string]any{
		"selector":   map[string]any{"matchLabels": map[string]any{"installation": "probe"}},
		"containers": []any{map[string]any{"name": "probe", "image": "probe:1"}},
	})
	resource, err := client.Resource(refused)
	if err != nil {
		return err
	}
	dryRun := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
	var last error
	err = wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		_, last = resource.Create(ctx, refused, dryRun)
		if last == nil || !strings.Contains(last.Error(), "vsidecarset.kb.io") || !strings.Contains(last.Error(), "denied the request") {
			return false, nil
		}
		stored, err := resource.Create(ctx, hashed, dryRun)
		last = err
		return err == nil && stored.GetAnnotations()["kruise.io/sidecarset-hash"] != "", nil
	})
	if err != nil {
		return fmt.Errorf("the API server does not call the server: %w", errors.Join(err, last))
	}
	return nil
}
