package controlplane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

func TestMain(m *testing.M) {
	if os.Getenv(starterEnv) != "" {
		runStarter()
	}
	os.Exit(Run(m))
}

// podSpec is the smallest that the API server accepts.
func podSpec() corev1.PodSpec {
	return corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "nginx:alpine"}}}
}

func newDeployment(replicas int32) *appsv1.Deployment {
	labels := map[string]string{"app": "web"}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: podSpec()},
		},
	}
}

func TestDeploymentGetsPodsAndBecomesAvailable(t *testing.T) {
	cluster := ForTest(t)
	client, namespace := cluster.Client(), cluster.NamespaceForTest(t)
	if _, err := client.AppsV1().Deployments(namespace).Create(t.Context(), newDeployment(2), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	var pods []corev1.Pod
	Eventually(t, "two pods", func(ctx context.Context) error {
		list, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: "app=web"})
		if err != nil {
			return err
		}
		if pods = list.Items; len(pods) != 2 {
			return fmt.Errorf("%d pods", len(pods))
		}
		return nil
	})
	for _, pod := range pods {
		if owner := metav1.GetControllerOf(&pod); owner == nil || owner.Kind != "ReplicaSet" {
			t.Errorf("pod %s is controlled by %v, want a ReplicaSet", pod.Name, owner)
		}
		if pod.Status.Phase != corev1.PodPending {
			t.Errorf("pod %s is %s, want Pending without kubelet", pod.Name, pod.Status.Phase)
		}
		if _, err := SetPodReady(t.Context(), client, &pod); err != nil {
			t.Fatal(err)
		}
	}
	Eventually(t, "two available replicas", func(ctx context.Context) error {
		deployment, err := client.AppsV1().Deployments(namespace).Get(ctx, "web", metav1.GetOptions{})
		if err == nil && deployment.Status.AvailableReplicas != 2 {
			err = fmt.Errorf("%d available", deployment.Status.AvailableReplicas)
		}
		return err
	})
}

func TestNamespaceDeletionFinishes(t *testing.T) {
	cluster := ForTest(t)
	client := cluster.Client()
	namespace, err := cluster.CreateNamespace(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "doomed-"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.AppsV1().Deployments(namespace.Name).Create(t.Context(), newDeployment(1), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	claim := &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: "data"},
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}},
		},
	}
	if _, err := client.CoreV1().PersistentVolumeClaims(namespace.Name).Create(t.Context(), claim, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := client.CoreV1().Namespaces().Delete(t.Context(), namespace.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	Eventually(t, "the namespace is gone", func(ctx context.Context) error {
		still, err := client.CoreV1().Namespaces().Get(ctx, namespace.Name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return errors.Join(err, fmt.Errorf("still there: %v", still.Status))
	})
}

func TestServerSaysItsVersion(t *testing.T) {
	version, err := ForTest(t).Client().Discovery().ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	if version.GitVersion != "v1.36.3" || version.Major != "1" || version.Minor != "36" {
		t.Errorf("got %s (major %q, minor %q), want v1.36.3", version.GitVersion, version.Major, version.Minor)
	}
}

func TestKubeconfigHasAllRightsAndAnonymousHasNone(t *testing.T) {
	cluster := ForTest(t)
	config, err := clientcmd.BuildConfigFromFlags("", cluster.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	admin := kubernetes.NewForConfigOrDie(config)
	if _, err := admin.CoreV1().Secrets("").List(t.Context(), metav1.ListOptions{}); err != nil {
		t.Error("administrator:", err)
	}
	anonymous := kubernetes.NewForConfigOrDie(rest.AnonymousClientConfig(cluster.RESTConfig()))
	if _, err := anonymous.CoreV1().Secrets("").List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("anonymous: got %v, want forbidden", err)
	}
}

func TestRestartOfTheAPIServerKeepsData(t *testing.T) {
	cluster := StartForTest(t, Options{})
	client, namespace := cluster.Client(), cluster.NamespaceForTest(t)

	cluster.KillAPIServer()
	if _, err := client.CoreV1().Namespaces().Get(t.Context(), namespace, metav1.GetOptions{}); err == nil {
		t.Fatal("a killed API server answers")
	}
	if err := cluster.RestartAPIServer(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CoreV1().Namespaces().Get(t.Context(), namespace, metav1.GetOptions{}); err != nil {
		t.Error("after the restart:", err)
	}
	if _, err := cluster.CreateNamespace(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "later"}}); err != nil {
		t.Error("controllers after the restart:", err)
	}
	if err := cluster.RestartAPIServer(t.Context()); err != nil {
		t.Error("restart of a running API server:", err)
	}
}

func TestTwoControlPlanesAtTheSameTime(t *testing.T) {
	options := Options{WithoutControllerManager: true}
	var clusters [2]*ControlPlane
	var starts sync.WaitGroup
	for i := range clusters {
		starts.Go(func() {
			var err error
			if clusters[i], err = Start(t.Context(), options); err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() {
				if err := clusters[i].Stop(); err != nil {
					t.Error(err)
				}
			})
		})
	}
	starts.Wait()
	if t.Failed() {
		return
	}
	if _, err := clusters[0].CreateNamespace(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "only-first"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := clusters[1].Client().CoreV1().Namespaces().Get(t.Context(), "only-first", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("namespace of the first in the second: got %v, want not found", err)
	}
}

func TestPodsCanBeCreatedWithoutControllerManager(t *testing.T) {
	cluster := StartForTest(t, Options{WithoutControllerManager: true})
	namespace := cluster.NamespaceForTest(t)
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: podSpec()}
	if _, err := cluster.Client().CoreV1().Pods(namespace).Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
		t.Error(err)
	}
}

func TestFailedStartShowsTheLogAndLeavesNothing(t *testing.T) {
	logs := t.TempDir()
	temp := shortTempDir(t)
	t.Setenv("TMPDIR", temp)
	_, err := Start(t.Context(), Options{APIServerArgs: []string{"--no-such-flag"}, LogDir: logs})
	if err == nil {
		t.Fatal("started with an unknown flag")
	}
	if text := err.Error(); !strings.Contains(text, "unknown flag: --no-such-flag") || !strings.Contains(text, "kube-apiserver") {
		t.Errorf("the error does not show the log of kube-apiserver: %s", text)
	}
	if _, err := os.Stat(filepath.Join(logs, "kube-apiserver.log")); err != nil {
		t.Error("the log did not stay in LogDir:", err)
	}
	if runs, _ := filepath.Glob(filepath.Join(temp, "*", "run*")); len(runs) != 0 {
		t.Errorf("folders that stayed: %v", runs)
	}
}

func TestStopRemovesTheFolderAndMayBeRepeated(t *testing.T) {
	cluster, err := Start(t.Context(), Options{WithoutControllerManager: true})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(cluster.Kubeconfig()); !os.IsNotExist(err) {
		t.Errorf("kubeconfig after Stop: got %v, want that it does not exist", err)
	}
}
