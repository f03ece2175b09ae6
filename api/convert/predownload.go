package convert

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
)

// preDownloads are the settings of a CloneSet that are annotations in v1alpha1 and fields of inPlaceUpdateStrategy in v1beta1.
var preDownloads = map[string]string{
	v1alpha1.ImagePreDownloadParallelismKey:         "imagePreDownloadParallelism",
	v1alpha1.ImagePreDownloadTimeoutSecondsKey:      "imagePreDownloadTimeoutSeconds",
	v1alpha1.ImagePreDownloadMinUpdatedReadyPodsKey: "imagePreDownloadMinUpdatedReadyPods",
}

// preDownloadFromAnnotations moves annotations to fields. A field that is there wins; see v1alpha1.
func preDownloadFromAnnotations(annotations, strategy *object) error {
	inPlace, err := strategy.child("inPlaceUpdateStrategy")
	if err != nil {
		return err
	}
	for annotation, field := range preDownloads {
		text, err := annotations.text(annotation)
		if err != nil {
			return err
		}
		number, isAnnotated := v1alpha1.PreDownloadNumber(text)
		isNumber := isAnnotated
		if value := scalar(inPlace.members[field]); value != "" {
			number, isNumber = v1alpha1.PreDownloadNumber(value)
		}
		if isAnnotated || isNumber {
			annotations.delete(annotation)
		}
		if isNumber {
			inPlace.set(field, number)
		}
	}
	return nil
}

// preDownloadToAnnotations moves fields to annotations. The fields decide; see v1alpha1.
func preDownloadToAnnotations(strategy, annotations *object) error {
	inPlace, err := strategy.child("inPlaceUpdateStrategy")
	if err != nil {
		return err
	}
	for annotation, field := range preDownloads {
		text, err := annotations.text(annotation)
		if err != nil {
			return err
		}
		if _, ok := v1alpha1.PreDownloadNumber(text); ok {
			annotations.delete(annotation)
		}
		value := scalar(inPlace.members[field])
		if _, ok := v1alpha1.PreDownloadNumber(value); ok {
			annotations.set(annotation, value)
			inPlace.delete(field)
		}
	}
	return nil
}

// scalar returns a number or a string as text, and nothing for everything else.
func scalar(raw json.RawMessage) string {
	var value any
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return ""
	}
	switch value := value.(type) {
	case json.Number, string:
		return fmt.Sprint(value)
	default:
		return ""
	}
}
