package inject

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"
)

// partition is the share of pods that stay on the pinned revision, 0 to 1. A number instead of a percentage means none of them, as in
// OpenKruise (quirk 28).
type partition float64

func parsePartition(value *intstr.IntOrString) (partition, error) {
	if value == nil || value.Type == intstr.Int {
		return 0, nil
	}
	digits, ok := strings.CutSuffix(value.StrVal, "%")
	percent, err := strconv.ParseFloat(digits, 64)
	if !ok || err != nil || math.IsNaN(percent) {
		return 0, fmt.Errorf("%q is no percentage: write it like 25%%", value.StrVal)
	}
	return partition(percent / 100), nil
}

// includes decides whether the pod belongs to that share.
//
// OpenKruise throws dice for every request (quirk 29). Here a hash of SidecarSet, controller, namespace and name of the pod takes
// their place, so every retry, every replica of this server and every dry run gives the same answer, and the answer can be
// explained afterwards. Raising the percentage only moves pods to the pinned revision, lowering it only away from it,
// because the hash does not depend on it. The name of the SidecarSet is hashed so that the same pods are not the
// first ones for every SidecarSet.
//
// Pods that are created with a name (by StatefulSets, CloneSets and users) each draw for themselves, so the share holds among the pods of
// one owner. Pods that only have a generateName (from ReplicaSets and Jobs) get their name after admission. Until then all pods of one
// ReplicaSet are the same object, and the same object must get the same answer: the share then holds among owners, and
// the pods of one ReplicaSet never differ. The request's uid could tell them apart, but it is another one at every attempt: a
// controller that retries a pod that something refuses would sooner or later get the other revision.
func (p partition) includes(sidecarSet string, pod *pod) bool {
	name := pod.name
	if name == "" {
		name = pod.generateName
	}
	sum := sha256.New()
	for _, part := range []string{sidecarSet, string(pod.owner), pod.namespace, name} {
		_, _ = io.WriteString(sum, part+"\x00") // a hash never fails
	}
	const bits = 53 // those of a float64
	draw := float64(binary.BigEndian.Uint64(sum.Sum(nil))>>(64-bits)) / (1 << bits)
	return draw < float64(p)
}
