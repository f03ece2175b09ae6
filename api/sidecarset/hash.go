package sidecarset

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// Hash returns the values of [HashAnnotation] and [HashWithoutImageAnnotation] for the sidecars of a SidecarSet, after
// defaulting (spec/inject.md 8.1 to 8.3). Init containers count only when one of them is a native sidecar. A nil list of
// containers and an empty one have different hashes.
//
// It fails only for values that have no JSON form, which no decoded object has.
func Hash(containers, initContainers []v1beta1.SidecarContainer) (hash, withoutImage string, err error) {
	if !slices.ContainsFunc(initContainers, isNativeSidecar) {
		initContainers = nil
	}
	if hash, err = hashText(containers, initContainers); err != nil {
		return "", "", err
	}
	if withoutImage, err = hashText(dropImages(containers), dropImages(initContainers)); err != nil {
		return "", "", err
	}
	return hash, withoutImage, nil
}

func isNativeSidecar(container v1beta1.SidecarContainer) bool {
	return container.RestartPolicy != nil && *container.RestartPolicy == corev1.ContainerRestartPolicyAlways
}

func dropImages(containers []v1beta1.SidecarContainer) []v1beta1.SidecarContainer {
	containers = slices.Clone(containers) // keeps nil nil
	for i := range containers {
		containers[i].Image = ""
	}
	return containers
}

func hashText(containers, initContainers []v1beta1.SidecarContainer) (string, error) {
	text, err := json.Marshal(struct {
		Containers     []v1beta1.SidecarContainer `json:"containers"`
		InitContainers []v1beta1.SidecarContainer `json:"initContainers,omitempty"`
	}{containers, initContainers})
	if err != nil {
		return "", fmt.Errorf("encode sidecars for their hash: %w", err)
	}
	sum := sha256.Sum256(text)
	return Safe(hex.EncodeToString(sum[:])), nil
}
