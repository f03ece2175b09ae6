package certs

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"
)

const (
	secretPath     = "/api/v1/namespaces/kruise-system/secrets/kruise-admission-ca"
	mutatingPath   = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/kruise-admission"
	secondPath     = mutatingPath + "-second-chance"
	validatingPath = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/kruise-admission"
	crdsPath       = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/"
)

var configurationPaths = []string{mutatingPath, secondPath, validatingPath, crdsPath + "sidecarsets.apps.kruise.io"}

// world is a cluster with configurations that mean us, and replicas in it.
type world struct {
	*fakeAPI
	t     *testing.T
	clock clock.Clock
	fake  *clocktesting.FakeClock // the clock, when it is one that tests move

	mu       sync.Mutex
	replicas []*replica
}

type replica struct {
	*SelfManaged
	stop func()
}

func newWorld(t *testing.T, clock clock.Clock) *world {
	w := &world{fakeAPI: newFakeAPI(t), t: t, clock: clock}
	w.fake, _ = clock.(*clocktesting.FakeClock)
	for path, object := range originals(t) {
		w.put(path, object.Object)
	}
	return w
}

// originals are the configurations as the installer writes them.
func originals(t *testing.T) map[string]*unstructured.Unstructured {
	return map[string]*unstructured.Unstructured{
		mutatingPath: fromYAML(t, `
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: kruise-admission}
webhooks:
- {name: mpod.kb.io, sideEffects: None, failurePolicy: Fail, clientConfig: {service: {name: kruise-admission, namespace: kruise-system, path: /mutate-pod}}}
- {name: other, clientConfig: {service: {name: other, namespace: kruise-system}, caBundle: Zm9yZWlnbg==}}
- {name: msidecarset.kb.io, clientConfig: {url: "https://localhost:9443/mutate"}}`),
		secondPath: fromYAML(t, `
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: kruise-admission-second-chance}
webhooks:
- {name: second-chance.mpod.kb.io, clientConfig: {service: {name: kruise-admission, namespace: kruise-system, path: /mutate-pod}}}`),
		validatingPath: fromYAML(t, `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: kruise-admission}
webhooks:
- {name: vpod.kb.io, clientConfig: {service: {name: kruise-admission, namespace: kruise-system}, caBundle: Cg==}}`),
		crdsPath + "sidecarsets.apps.kruise.io": fromYAML(t, `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: sidecarsets.apps.kruise.io}
spec:
  group: apps.kruise.io
  conversion: {strategy: Webhook, webhook: {conversionReviewVersions: [v1], clientConfig: {service: {name: kruise-admission, namespace: kruise-system, path: /convert}}}}`),
		crdsPath + "imagepulljobs.apps.kruise.io": fromYAML(t, `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: imagepulljobs.apps.kruise.io}
spec: {group: apps.kruise.io, conversion: {strategy: None}}`),
	}
}

// start runs a replica with options, whose empty fields are filled.
func (w *world) start(options SelfManagedOptions) *replica {
	w.t.Helper()
	return w.run(w.source(options))
}

func (w *world) source(options SelfManagedOptions) *SelfManaged {
	w.t.Helper()
	typed, untyped := w.clients()
	configurations, err := NewConfigurations(untyped, ConfigurationsOptions{
		Identity: self, Mutating: []string{"kruise-admission", "kruise-admission-second-chance"}, Validating: []string{"kruise-admission"},
		CRDs:  []string{"sidecarsets.apps.kruise.io", "imagepulljobs.apps.kruise.io", "absent.apps.kruise.io"},
		Clock: w.clock,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	options.Identity, options.Clock = self, w.clock
	source, err := NewSelfManaged(typed, configurations, options)
	if err != nil {
		w.t.Fatal(err)
	}
	return source
}

// run runs a replica until it is stopped, or the test ends.
func (w *world) run(source *SelfManaged) *replica {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- source.Run(ctx) }()
	r := &replica{SelfManaged: source}
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.replicas = slices.DeleteFunc(w.replicas, func(other *replica) bool { return other == r })
	})
	w.t.Cleanup(r.stop)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.replicas = append(w.replicas, r)
	return r
}

func (w *world) running() []*replica {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.replicas)
}

// eventually polls until answer gives nil, and lets time pass in small steps meanwhile if time is ours to move.
func (w *world) eventually(what string, answer func() error) {
	w.t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for {
		err := answer()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%s: %v", what, err)
		}
		time.Sleep(2 * time.Millisecond)
		if w.fake != nil {
			w.fake.Step(100 * time.Millisecond)
		}
	}
}

// healthy says whether all running replicas are, and what is published is what the Secret says.
func (w *world) healthy() error {
	for _, r := range w.running() {
		if err := r.Healthy(); err != nil {
			return err
		}
	}
	want := string(w.secretState().bundle())
	for path, bundles := range w.published() {
		for _, bundle := range bundles {
			if bundle != want {
				return fmt.Errorf("%s carries another bundle than the secret", path)
			}
		}
	}
	return nil
}

func (w *world) secretState() state {
	secret := w.get(secretPath)
	if secret == nil {
		return state{}
	}
	s, faults := parseState(typedSecret(w.t, secret))
	if len(faults) > 0 {
		w.t.Log(faults)
	}
	return s
}

// published are the bundles of the client configurations that mean us.
func (w *world) published() map[string][]string {
	bundles := map[string][]string{}
	for _, path := range configurationPaths {
		if object := w.get(path); object != nil {
			configs, _ := clientConfigs(object, self)
			for _, config := range configs {
				bundles[path] = append(bundles[path], string(config.caBundle))
			}
		}
	}
	return bundles
}

// call does what an API server does: it reads a configuration and calls each running replica, trusting what it read.
func (w *world) call() error {
	for path, bundles := range w.published() {
		for _, bundle := range bundles {
			for i, r := range w.running() {
				if err := handshake(r.GetCertificate, []byte(bundle), self.ServerName(), w.clock.Now()); err != nil {
					return fmt.Errorf("replica %d by %s: %w", i, path, err)
				}
			}
		}
	}
	return nil
}

func (w *world) serial(r *replica) string {
	certificate, err := r.GetCertificate(nil)
	if err != nil {
		return err.Error()
	}
	return certificate.Leaf.SerialNumber.Text(16)
}

// edit changes an object as a user does.
func (w *world) edit(path string, change func(object *unstructured.Unstructured)) {
	object := w.get(path)
	change(object)
	w.put(path, object.Object)
}

func setBundles(bundle string) func(*unstructured.Unstructured) {
	return func(object *unstructured.Unstructured) {
		for _, webhook := range object.Object["webhooks"].([]any) {
			webhook.(map[string]any)["clientConfig"].(map[string]any)["caBundle"] = bundle
		}
	}
}

// callUntil calls replicas without pause until done, and sends the first failure, or nil.
func (w *world) callUntil(done <-chan struct{}) <-chan error {
	result := make(chan error, 1)
	go func() {
		for {
			if err := w.call(); err != nil {
				result <- err
				return
			}
			select {
			case <-done:
				result <- nil
				return
			default:
			}
		}
	}()
	return result
}
