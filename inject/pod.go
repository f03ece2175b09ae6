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

	"github.com/kruise-admission/kruise-admission/api/rawjson"
	"github.com/kruise-admission/kruise-admission/api/wire"
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

// podMembers are the members of a pod. They are raw because of repeated member names: of those, the last one is what a JSON Patch meets, whereas
// decoding into a struct would mix them. What is in them stands beside.
type podMembers struct {
	APIVersion string          `json:"apiVersion"`
	Kind       string          `json:"kind"`
	Metadata   json.RawMessage `json:"metadata"`
	Spec       json.RawMessage `json:"spec"`
	Status     json.RawMessage `json:"status"`
	metadata   podMetadata
	status     podStatus
}

type podMetadata struct {
	Name              string            `json:"name"`
	GenerateName      string            `json:"generateName"`
	Namespace         string            `json:"namespace"`
	Labels            map[string]string `json:"labels"`
	Annotations       json.RawMessage   `json:"annotations"`
	OwnerReferences   []podOwner        `json:"ownerReferences"`
	DeletionTimestamp *metav1.Time      `json:"deletionTimestamp"`
	annotations       map[string]string
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
	if err := wire.CheckEntries(raw); err != nil {
		return nil, malformed("the object of the request", err)
	}
	members, err := readMembers(raw)
	if err != nil {
		return nil, err
	}
	metadata := &members.metadata
	p := &pod{spec: members.Spec, metadata: !absent(members.Metadata), annotations: metadata.annotations}
	// The namespace of the request comes from the URL, that of the pod from its author, who must not choose what he is matched in. API servers
	// refuse a pod whose two differ, so this is the order of spec/inject.md 1.2 for all that they send.
	p.namespace = cmp.Or(namespace, metadata.Namespace, metav1.NamespaceDefault)
	p.name, p.generateName, p.labels = metadata.Name, metadata.GenerateName, metadata.Labels
	p.finished = metadata.DeletionTimestamp != nil || members.status.Phase == corev1.PodSucceeded || members.status.Phase == corev1.PodFailed
	for _, reference := range metadata.OwnerReferences {
		if reference.Controller {
			p.owner, p.controller = reference.UID, reference.raw
		}
	}
	return p, nil
}

// readMembers reads a pod in one pass, or, if it is unusual, step by step, so that the error names the member that is wrong.
func readMembers(raw []byte) (*podMembers, error) {
	m := &podMembers{}
	s := rawjson.New(raw)
	if scanPod(s, m); s.Done() {
		return m, m.checkKind()
	}
	m = &podMembers{}
	if err := decode(raw, m); err != nil {
		return nil, malformed("the object of the request", err)
	}
	if err := m.checkKind(); err != nil {
		return nil, err
	}
	for _, member := range []struct {
		path string
		raw  *json.RawMessage
		into any
	}{
		{"metadata", &m.Metadata, &m.metadata},
		{"metadata.annotations", &m.metadata.Annotations, &m.metadata.annotations},
		{"status", &m.Status, &m.status},
	} {
		if absent(*member.raw) {
			continue
		}
		if err := decode(*member.raw, member.into); err != nil {
			return nil, malformed(member.path, err)
		}
	}
	return m, nil
}

func (m *podMembers) checkKind() error {
	if (m.Kind != "" && m.Kind != "Pod") || (m.APIVersion != "" && m.APIVersion != "v1") {
		return malformed("the object of the request", fmt.Errorf("its kind is %s %s, not v1 Pod", m.APIVersion, m.Kind))
	}
	return nil
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
