package validate

// The built-in check of a Secret or a ConfigMap: what an API server of any version refuses, so that it can be told without asking one, in
// words of our own.

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"
)

func builtInResource(resource *distributed, raw json.RawMessage) field.ErrorList {
	if resource.Kind == "Secret" {
		var secret corev1.Secret
		if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &secret); err != nil {
			return unreadable(resource.Kind, err)
		}
		// What is in stringData replaces what is in data.
		data := maps.Clone(secret.Data)
		if data == nil {
			data = map[string][]byte{}
		}
		for key, value := range secret.StringData {
			data[key] = []byte(value)
		}
		return append(resourceMeta(&secret.ObjectMeta), resourceData("data", data, 0)...)
	}
	var configMap corev1.ConfigMap
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &configMap); err != nil {
		return unreadable(resource.Kind, err)
	}
	errs := resourceMeta(&configMap.ObjectMeta)
	size := 0
	for _, value := range configMap.Data {
		size += len(value)
	}
	errs = append(errs, dataKeys("data", configMap.Data)...)
	for _, key := range slices.Sorted(maps.Keys(configMap.BinaryData)) {
		if _, both := configMap.Data[key]; both {
			errs = append(errs, field.Invalid(resourcePath.Child("binaryData").Key(key), key, "is a key of data, too: remove one of the two"))
		}
	}
	return append(errs, resourceData("binaryData", configMap.BinaryData, size)...)
}

func unreadable(kind string, err error) field.ErrorList {
	return field.ErrorList{field.Invalid(resourcePath, field.OmitValueType{}, fmt.Sprintf("is no %s: %v", kind, err))}
}

// resourceMeta checks the metadata. The namespace is that of each target.
func resourceMeta(meta *metav1.ObjectMeta) field.ErrorList {
	meta = meta.DeepCopy()
	meta.Namespace = metav1.NamespaceDefault
	if meta.Name == "" && meta.GenerateName != "" {
		meta.Name = "generated"
	}
	return apivalidation.ValidateObjectMeta(meta, true, apivalidation.NameIsDNSSubdomain, resourcePath.Child("metadata"))
}

// resourceData checks the keys of a member, and the size of all data, of which the caller has counted some.
func resourceData(member string, data map[string][]byte, counted int) field.ErrorList {
	errs := dataKeys(member, data)
	for _, value := range data {
		counted += len(value)
	}
	if counted > corev1.MaxSecretSize {
		errs = append(errs, field.TooLong(resourcePath, "", corev1.MaxSecretSize))
	}
	return errs
}

func dataKeys[V any](member string, data map[string]V) field.ErrorList {
	var errs field.ErrorList
	for _, key := range slices.Sorted(maps.Keys(data)) {
		for _, message := range validation.IsConfigMapKey(key) {
			errs = append(errs, field.Invalid(resourcePath.Child(member).Key(key), key, message))
		}
	}
	return errs
}
