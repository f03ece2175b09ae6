package e2e

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
)

var shedReviews = regexp.MustCompile(`(?m)^kruise_admission_shed_reviews_total (\d+)$`)

// TestOverloadCostsTimeAndNoPods: one replica that decides one review at a time turns some away. The API server asks again, as Retry-After
// says, so that every pod is created, and with its sidecar.
func TestOverloadCostsTimeAndNoPods(t *testing.T) {
	cluster := controlplane.StartForTest(t, controlplane.Options{})
	installed, err := installation.Install(t.Context(), cluster, installation.Options{Replicas: 1, Args: []string{"--max-in-flight=1"}})
	t.Cleanup(func() {
		if err := installed.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	namespace := cluster.NamespaceForTest(t)
	sidecarSet(t, installed, namespace, "overload", `
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {name: e2e-overload}
spec:
  selector: {matchLabels: {e2e: overload}}
  containers: [{name: agent, image: "agent:1"}]
`)
	shed := func(ctx context.Context) (int, error) {
		text, err := scrape(ctx, installed.Replicas()[0])
		if err != nil {
			return 0, err
		}
		found := shedReviews.FindStringSubmatch(text)
		if found == nil {
			return 0, errors.New("the metric is missing")
		}
		return strconv.Atoi(found[1])
	}
	// Somebody else takes the one place for a third of the time.
	ctx, stop := context.WithCancel(t.Context())
	var workers sync.WaitGroup
	defer func() {
		stop()
		workers.Wait()
	}()
	var theirs atomic.Int64 // of the reviews that were turned away
	workers.Go(func() { occupy(ctx, t, installed.Replicas()[0].Address(), &theirs) })
	for range 4 {
		workers.Go(func() {
			for ctx.Err() == nil {
				pod, err := createPod(t.Context(), cluster, namespace, map[string]string{"e2e": "overload"})
				if err != nil || len(pod.Spec.Containers) != 2 {
					t.Errorf("error %v, want a pod with the agent beside the app", err)
					return
				}
			}
		})
	}
	controlplane.Eventually(t, "reviews of the API server were turned away", func(ctx context.Context) error {
		count, err := shed(ctx)
		if ours := count - int(theirs.Load()); err == nil && ours < 10 {
			err = fmt.Errorf("%d", ours)
		}
		return err
	})
}

// occupy sends CloneSets, about each of which the server asks the API server, and rests twice as long as each takes.
func occupy(ctx context.Context, t *testing.T, address string, turnedAway *atomic.Int64) {
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	for i := 0; ctx.Err() == nil; i++ {
		began := time.Now()
		review := strings.ReplaceAll(`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","kind":{"group":"apps.kruise.io","version":"v1beta1","kind":"CloneSet"},`+
			`"resource":{"group":"apps.kruise.io","version":"v1beta1","resource":"clonesets"},"namespace":"default","operation":"CREATE","object":{"apiVersion":"apps.kruise.io/v1beta1",`+
			`"kind":"CloneSet","metadata":{"name":"c","namespace":"default"},"spec":{"replicas":1,"selector":{"matchLabels":{"a":"N"}},"template":{"metadata":{"labels":{"a":"N"}},`+
			`"spec":{"containers":[{"name":"c","image":"c:N"}]}}}}}}`, "N", strconv.Itoa(i))
		response, err := client.Post("https://"+address+"/validate-apps-kruise-io-cloneset", "application/json", strings.NewReader(review))
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		if response.StatusCode == http.StatusServiceUnavailable {
			turnedAway.Add(1)
		}
		select {
		case <-ctx.Done():
		case <-time.After(2 * time.Since(began)):
		}
	}
}
