package inject

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
)

// pod is an incoming pod, read as far as matching needs it. The spec stays raw until something matches; see podSpec.
type pod struct {
	namespace    string // that of the request, else that of the pod, else "default"; see readPod
	name         string
	generateName string
	owner        types.UID       // of the controller, if any
	controller   json.RawMessage // the reference to the controller; nil when there is none
	labels       labels.Set
	annotations  map[string]string // nil when the member is missing or null
	metadata     bool              // whether the member is there and not null
	finished     bool              // no longer active, or being deleted (spec/inject.md 1.3)
	spec         json.RawMessage
}

// The members are raw at first because of repeated member names: of those, the last one is what a JSON Patch meets, whereas
// decoding into a struct would mix them.
type podMembers struct {
	APIVersion string          `json:"apiVersion"`
	Kind       string          `json:"kind"`
	Metadata   json.RawMessage `json:"metadata"`
	Spec       json.RawMessage `json:"spec"`
	Status     json.RawMessage `json:"status"`
}

type podMetadata struct {
	Name              string            `json:"name"`
	GenerateName      string            `json:"generateName"`
	Namespace         string            `json:"namespace"`
	Labels            map[string]string `json:"labels"`
	Annotations       json.RawMessage   `json:"annotations"`
	OwnerReferences   []podOwner        `json:"ownerReferences"`
	DeletionTimestamp *metav1.Time      `json:"deletionTimestamp"`
}

type podOwner struct {
	UID        types.UID `json:"uid"`
	Controller bool      `json:"controller"`
	raw        json.RawMessage
}

// UnmarshalJSON lets decode read what scanMetadata does not accept.
func (o *podOwner) UnmarshalJSON(raw []byte) error {
	type members podOwner
	o.raw = bytes.Clone(raw)
	return decode(raw, (*members)(o))
}

type podStatus struct {
	Phase corev1.PodPhase `json:"phase"`
}

// readPod reads what matching needs. namespace is that of the request.
func readPod(raw []byte, namespace string) (*pod, error) {
	if absent(raw) {
		return nil, malformed("the object of the request", errors.New("it is missing"))
	}
	members, err := read(raw, scanPod)
	if err != nil {
		return nil, malformed("the object of the request", err)
	}
	if (members.Kind != "" && members.Kind != "Pod") || (members.APIVersion != "" && members.APIVersion != "v1") {
		return nil, malformed("the object of the request", fmt.Errorf("its kind is %s %s, not v1 Pod", members.APIVersion, members.Kind))
	}
	p := &pod{spec: members.Spec, metadata: !absent(members.Metadata)}
	var metadata podMetadata
	if p.metadata {
		if metadata, err = read(members.Metadata, scanMetadata); err != nil {
			return nil, malformed("metadata", err)
		}
	}
	if !absent(metadata.Annotations) {
		if p.annotations, err = read(metadata.Annotations, scanStrings); err != nil {
			return nil, malformed("metadata.annotations", err)
		}
	}
	var status podStatus
	if !absent(members.Status) {
		if status, err = read(members.Status, scanStatus); err != nil {
			return nil, malformed("status", err)
		}
	}
	// The namespace of the request comes from the URL, that of the pod from its author, who must not choose what he is matched in. API servers
	// refuse a pod whose two differ, so this is the order of spec/inject.md 1.2 for all that they send.
	p.namespace = cmp.Or(namespace, metadata.Namespace, metav1.NamespaceDefault)
	p.name, p.generateName, p.labels = metadata.Name, metadata.GenerateName, metadata.Labels
	p.finished = metadata.DeletionTimestamp != nil || status.Phase == corev1.PodSucceeded || status.Phase == corev1.PodFailed
	for _, reference := range metadata.OwnerReferences {
		if reference.Controller {
			p.owner, p.controller = reference.UID, reference.raw
		}
	}
	return p, nil
}

// podSpec holds the lists of a pod to which injection adds.
type podSpec struct {
	present          bool // the member is there and not null
	initContainers   containerList
	containers       containerList
	volumes          rawList
	imagePullSecrets rawList
}

// rawList is a list of the pod, its elements as they came.
type rawList struct {
	present  bool // the member is there and not null
	elements []json.RawMessage
	names    []string // of the elements
}

// containerList is a list of containers with what is known of each.
type containerList struct {
	rawList
	containers []podContainer
}

type podSpecMembers struct {
	InitContainers   json.RawMessage `json:"initContainers"`
	Containers       json.RawMessage `json:"containers"`
	Volumes          json.RawMessage `json:"volumes"`
	ImagePullSecrets json.RawMessage `json:"imagePullSecrets"`
}

func readPodSpec(raw json.RawMessage) (*podSpec, error) {
	s := &podSpec{present: !absent(raw)}
	var members podSpecMembers
	var err error
	if s.present {
		if members, err = read(raw, scanSpec); err != nil {
			return nil, malformed("spec", err)
		}
	}
	if s.initContainers, err = readContainers(members.InitContainers, "spec.initContainers"); err != nil {
		return nil, err
	}
	if s.containers, err = readContainers(members.Containers, "spec.containers"); err != nil {
		return nil, err
	}
	if s.volumes, err = readNamed(members.Volumes, "spec.volumes"); err != nil {
		return nil, err
	}
	s.imagePullSecrets, err = readNamed(members.ImagePullSecrets, "spec.imagePullSecrets")
	return s, err
}

// readList cuts a list into its elements, and reads of each what T knows.
func readList[T any](raw json.RawMessage, scan scan[T]) (list rawList, known []T, err error) {
	if absent(raw) {
		return list, nil, nil
	}
	both, err := read(raw, scanList(scan))
	list.present, list.elements = true, both.raw
	return list, both.known, err
}

// named is what is known of an element of a list that has no further meaning.
type named struct {
	Name string `json:"name"`
}

// readNamed reads a list whose elements are known by their name.
func readNamed(raw json.RawMessage, path string) (rawList, error) {
	list, known, err := readList(raw, scanNamed)
	if err != nil {
		return list, malformed(path, err)
	}
	list.names = make([]string, len(known))
	for i := range known {
		list.names[i] = known[i].Name
	}
	return list, nil
}
