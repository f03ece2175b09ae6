package storageclasses

import (
	"context"
	"errors"
	"testing"
	"time"

	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	metadatafake "k8s.io/client-go/metadata/fake"
	clienttesting "k8s.io/client-go/testing"
)

// class is a storage class; isDefault is the value of the annotation, "" for none.
func class(name string, born int, isDefault string) *storagev1.StorageClass {
	c := &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{
		Name: name, CreationTimestamp: metav1.NewTime(time.Date(2026, 1, born, 0, 0, 0, 0, time.UTC))}}
	if isDefault != "" {
		c.Annotations = map[string]string{defaultAnnotation: isDefault}
	}
	return c
}

// newReader makes a Reader of a cluster with these classes.
func newReader(t *testing.T, classes ...*storagev1.StorageClass) (*Reader, *fake.Clientset, *metadatafake.FakeMetadataClient) {
	t.Helper()
	scheme := metadatafake.NewTestScheme()
	if err := metav1.AddMetaToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	var whole, meta []runtime.Object
	for _, c := range classes {
		whole = append(whole, c)
		meta = append(meta, &metav1.PartialObjectMetadata{
			TypeMeta: metav1.TypeMeta{APIVersion: "storage.k8s.io/v1", Kind: "StorageClass"}, ObjectMeta: c.ObjectMeta})
	}
	client, metadataClient := fake.NewClientset(whole...), metadatafake.NewSimpleMetadataClient(scheme, meta...)
	return NewReader(client.StorageV1(), metadataClient), client, metadataClient
}

func TestStorageClass(t *testing.T) {
	reader, client, _ := newReader(t, class("fast", 1, ""))
	found, err := reader.StorageClass(context.Background(), "fast")
	if err != nil || found == nil || found.Name != "fast" {
		t.Errorf("class %v, error %v", found, err)
	}
	for _, name := range []string{"gone", "", "..", "x/y"} {
		if found, err := reader.StorageClass(context.Background(), name); err != nil || found != nil {
			t.Errorf("%q: class %v, error %v", name, found, err)
		}
	}
	if got := len(client.Actions()); got != 2 {
		t.Errorf("%d reads, want 2: names that no class can have are not asked for", got)
	}
}

func TestDefaultStorageClass(t *testing.T) {
	for _, test := range []struct {
		name    string
		classes []*storagev1.StorageClass
		want    string
	}{
		{"none at all", nil, ""},
		{"none is it", []*storagev1.StorageClass{class("a", 1, ""), class("b", 2, "false")}, ""},
		{"one", []*storagev1.StorageClass{class("a", 1, ""), class("b", 1, "true")}, "b"},
		{"the youngest", []*storagev1.StorageClass{class("a", 1, "true"), class("b", 3, "true"), class("c", 2, "true"), class("d", 4, "false")}, "b"},
		{"equally young", []*storagev1.StorageClass{class("c", 1, "true"), class("b", 1, "true")}, "b"},
	} {
		t.Run(test.name, func(t *testing.T) {
			reader, _, _ := newReader(t, test.classes...)
			found, err := reader.DefaultStorageClass(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case found == nil && test.want != "":
				t.Errorf("none, want %s", test.want)
			case found != nil && found.Name != test.want:
				t.Errorf("%s, want %q", found.Name, test.want)
			}
		})
	}
}

func TestAFailedReadIsAnError(t *testing.T) {
	broken := errors.New("connection refused")
	fails := func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, broken }
	reader, client, metadataClient := newReader(t, class("a", 1, "true"))
	client.PrependReactor("get", "storageclasses", fails)
	if _, err := reader.StorageClass(context.Background(), "a"); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
	if _, err := reader.DefaultStorageClass(context.Background()); !errors.Is(err, broken) {
		t.Errorf("the default class cannot be read: error %v, want %v", err, broken)
	}
	metadataClient.PrependReactor("list", "storageclasses", fails)
	if _, err := reader.DefaultStorageClass(context.Background()); !errors.Is(err, broken) {
		t.Errorf("the classes cannot be listed: error %v, want %v", err, broken)
	}
}

// Looking at the first of many classes only could find the wrong one.
func TestTooManyStorageClassesAreNoAnswer(t *testing.T) {
	reader, _, metadataClient := newReader(t)
	metadataClient.PrependReactor("list", "storageclasses", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, &metav1.List{ListMeta: metav1.ListMeta{Continue: "more"}}, nil
	})
	if found, err := reader.DefaultStorageClass(context.Background()); err == nil {
		t.Errorf("class %v without an error", found)
	}
}
