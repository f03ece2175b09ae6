package certs

import (
	"encoding/base64"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

func base64Of(data []byte) string { return base64.StdEncoding.EncodeToString(data) }

func typedSecret(t testing.TB, object *unstructured.Unstructured) *corev1.Secret {
	t.Helper()
	secret := &corev1.Secret{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, secret); err != nil {
		t.Fatal(err)
	}
	return secret
}

func untypedSecret(t testing.TB, secret *corev1.Secret) *unstructured.Unstructured {
	t.Helper()
	object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(secret)
	if err != nil {
		t.Fatal(err)
	}
	u := &unstructured.Unstructured{Object: object}
	u.SetAPIVersion("v1")
	u.SetKind("Secret")
	u.SetName("kruise-admission-ca")
	return u
}

func setData(t testing.TB, object *unstructured.Unstructured, key string, value []byte) {
	t.Helper()
	if err := unstructured.SetNestedField(object.Object, base64Of(value), "data", key); err != nil {
		t.Fatal(err)
	}
}
