package v1alpha1

import (
	"strconv"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// preDownload is a setting that is an annotation in this version and a field in v1beta1.
type preDownload struct {
	annotation string
	// get returns the field as text, or nothing if it is not set.
	get func(*v1beta1.InPlaceUpdateStrategy) string
	// set sets the field, or clears it if number is nil.
	set func(strategy *v1beta1.InPlaceUpdateStrategy, number *int32)
}

var preDownloads = []preDownload{{
	annotation: ImagePreDownloadParallelismKey,
	get: func(s *v1beta1.InPlaceUpdateStrategy) string {
		if s.ImagePreDownloadParallelism == nil {
			return ""
		}
		return s.ImagePreDownloadParallelism.String()
	},
	set: func(s *v1beta1.InPlaceUpdateStrategy, number *int32) {
		s.ImagePreDownloadParallelism = nil
		if number != nil {
			s.ImagePreDownloadParallelism = new(intstr.FromInt32(*number))
		}
	},
}, {
	annotation: ImagePreDownloadTimeoutSecondsKey,
	get:        func(s *v1beta1.InPlaceUpdateStrategy) string { return format(s.ImagePreDownloadTimeoutSeconds) },
	set:        func(s *v1beta1.InPlaceUpdateStrategy, number *int32) { s.ImagePreDownloadTimeoutSeconds = number },
}, {
	annotation: ImagePreDownloadMinUpdatedReadyPodsKey,
	get:        func(s *v1beta1.InPlaceUpdateStrategy) string { return format(s.ImagePreDownloadMinUpdatedReadyPods) },
	set:        func(s *v1beta1.InPlaceUpdateStrategy, number *int32) { s.ImagePreDownloadMinUpdatedReadyPods = number },
}}

func format(number *int32) string {
	if number == nil {
		return ""
	}
	return strconv.Itoa(int(*number))
}

// PreDownloadNumber reads the value of an annotation such as [ImagePreDownloadParallelismKey]. Anything but a plain number that
// is not negative is no setting, and conversion leaves it where it is.
func PreDownloadNumber(text string) (number int32, ok bool) {
	parsed, err := strconv.ParseInt(text, 10, 32)
	if err != nil || parsed < 0 || strconv.FormatInt(parsed, 10) != text {
		return 0, false
	}
	return int32(parsed), true
}

// preDownloadFromAnnotations moves annotations to fields. A field that is there wins: conversion from v1beta1 leaves none whose value
// fits into an annotation, so a user has just written it.
func preDownloadFromAnnotations(annotations *map[string]string, strategy **v1beta1.InPlaceUpdateStrategy) {
	for _, setting := range preDownloads {
		number, isAnnotated := PreDownloadNumber((*annotations)[setting.annotation])
		isNumber := isAnnotated
		if *strategy != nil && setting.get(*strategy) != "" {
			number, isNumber = PreDownloadNumber(setting.get(*strategy))
		}
		if isAnnotated || isNumber {
			remove(annotations, setting.annotation)
		}
		if !isNumber {
			continue
		}
		if *strategy == nil {
			*strategy = &v1beta1.InPlaceUpdateStrategy{}
		}
		setting.set(*strategy, &number)
	}
}

// preDownloadToAnnotations moves fields to annotations. The fields decide: an annotation without its field goes, so that it does not
// become one on the way back. A strategy that is left with nothing becomes absent.
func preDownloadToAnnotations(strategy **v1beta1.InPlaceUpdateStrategy, annotations *map[string]string) {
	for _, setting := range preDownloads {
		if _, ok := PreDownloadNumber((*annotations)[setting.annotation]); ok {
			remove(annotations, setting.annotation)
		}
		if *strategy == nil {
			continue
		}
		text := setting.get(*strategy)
		if _, ok := PreDownloadNumber(text); !ok {
			continue
		}
		put(annotations, setting.annotation, text)
		setting.set(*strategy, nil)
		if **strategy == (v1beta1.InPlaceUpdateStrategy{}) {
			*strategy = nil
		}
	}
}
