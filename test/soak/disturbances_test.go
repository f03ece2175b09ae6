package soak

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kruise-admission/kruise-admission/certs"
	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// site is what is disturbed.
type site struct {
	t         *testing.T
	cluster   *controlplane.ControlPlane
	installed *installation.Installation
	serving   []*installation.Replica
	load      *load
	outages   outages
}

// rollingRestart exchanges all replicas, one after the other, as a Deployment with maxSurge 1 and maxUnavailable 0 does.
func (s *site) rollingRestart() {
	s.t.Helper()
	for i, old := range s.serving {
		fresh, err := s.installed.StartReplica(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		s.serving[i] = fresh
		if err := old.Terminate(); err != nil {
			s.t.Errorf("a replica did not end well: %v", err)
		}
		s.load.goOn(s.t, "after a replica has ended")
	}
}

// rotate asks for a new authority and waits until it signs.
func (s *site) rotate(ctx context.Context) error {
	secrets := s.cluster.Client().CoreV1().Secrets(installation.Namespace)
	before, err := secrets.Get(ctx, certs.DefaultSecretName, metav1.GetOptions{})
	if err != nil {
		return err
	}
	patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:"soak"}}}`, certs.RotateAnnotation)
	if _, err := secrets.Patch(ctx, before.Name, types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
		return err
	}
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		after, err := secrets.Get(ctx, before.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if !bytes.Equal(after.Data["signer.crt"], before.Data["signer.crt"]) && len(after.Data["next.crt"]) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the next authority to sign: %w", ctx.Err())
		case <-ticker.C:
		}
	}
}

// kill ends a replica in the middle of what it is doing, and replaces it.
func (s *site) kill(turn int) {
	s.t.Helper()
	index := turn % len(s.serving)
	s.serving[index].Kill()
	s.load.goOn(s.t, "with one replica")
	fresh, err := s.installed.StartReplica(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	s.serving[index] = fresh
	s.load.goOn(s.t, "with the replica that replaces it")
}

// overwrite puts a foreign authority into every entry of one of the configurations that send pods, or none, and waits for the repair. It
// returns how long that took.
func (s *site) overwrite(turn int) time.Duration {
	s.t.Helper()
	name := []string{webhook.DefaultConfigurationName, installation.SecondChanceName}[turn%2]
	foreign := base64.StdEncoding.EncodeToString(s.cluster.RESTConfig().CAData)
	if turn/2%2 == 1 {
		foreign = ""
	}
	configurations := s.cluster.Client().AdmissionregistrationV1().MutatingWebhookConfigurations()
	before := s.mutating(name)
	type operation struct {
		Op    string `json:"op"`
		Path  string `json:"path"`
		Value string `json:"value"`
	}
	var operations []operation
	for i := range before.Webhooks {
		operations = append(operations, operation{"replace", fmt.Sprintf("/webhooks/%d/clientConfig/caBundle", i), foreign})
	}
	patch, err := json.Marshal(operations)
	if err != nil {
		s.t.Fatal(err)
	}
	authorities := s.authorities()
	from := time.Now()
	overwritten, err := configurations.Patch(s.t.Context(), before.Name, types.JSONPatchType, patch, metav1.PatchOptions{FieldManager: "soak"})
	if err != nil {
		s.t.Fatal(err)
	}
	var took time.Duration
	controlplane.Eventually(s.t, "the caBundles are repaired", func(context.Context) error {
		after := s.mutating(name)
		for _, entry := range after.Webhooks {
			if len(entry.ClientConfig.CABundle) == 0 || bytes.Equal(entry.ClientConfig.CABundle, s.cluster.RESTConfig().CAData) {
				return errors.New("not yet")
			}
		}
		took = time.Since(from)
		// A retired authority that is dropped meanwhile is another write.
		if after.Generation != overwritten.Generation+1 && s.authorities() == authorities {
			s.t.Errorf("the repair took %d writes, want 1", after.Generation-overwritten.Generation)
		}
		return nil
	})
	s.load.goOn(s.t, "after the repair")
	return took
}

// authorities is the version of the Secret that holds them, which is another one whenever there are other authorities.
func (s *site) authorities() string {
	s.t.Helper()
	secret, err := s.cluster.Client().CoreV1().Secrets(installation.Namespace).Get(s.t.Context(), certs.DefaultSecretName, metav1.GetOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	return secret.ResourceVersion
}

func (s *site) mutating(name string) *admissionregistrationv1.MutatingWebhookConfiguration {
	s.t.Helper()
	configuration, err := s.cluster.Client().AdmissionregistrationV1().MutatingWebhookConfigurations().Get(
		s.t.Context(), name, metav1.GetOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	return configuration
}

// restartAPIServer kills the API server and starts it again.
func (s *site) restartAPIServer() {
	s.t.Helper()
	from := time.Now()
	if err := s.cluster.RestartAPIServer(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.outages.add(from)
	s.load.goOn(s.t, "after the API server is back")
}
