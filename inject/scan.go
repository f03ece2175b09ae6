package inject

import (
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/rawjson"
)

// A scan reads into a value what it has a place for, and passes over the rest.
type scan[T any] func(*rawjson.Scanner, *T)

// read gives what decode gives, with raw values that refer to raw. A scanner is much quicker, and does not explain; whatever
// it does not accept is judged by decode.
func read[T any](raw []byte, scan scan[T]) (value T, err error) {
	s := rawjson.New(raw)
	if scan(s, &value); s.Done() {
		return value, nil
	}
	var decoded T
	err = decode(raw, &decoded)
	return decoded, err
}

func scanPod(s *rawjson.Scanner, m *podMembers) {
	for name := range s.Members() {
		switch string(name) {
		case "apiVersion":
			s.String(&m.APIVersion)
		case "kind":
			s.String(&m.Kind)
		case "metadata":
			m.metadata = podMetadata{}
			m.Metadata = s.Text(func() { scanMetadata(s, &m.metadata) })
		case "spec":
			m.Spec = s.Value()
		case "status":
			m.status = podStatus{}
			m.Status = s.Text(func() { scanStatus(s, &m.status) })
		}
	}
}

func scanMetadata(s *rawjson.Scanner, m *podMetadata) {
	for name := range s.Members() {
		switch string(name) {
		case "name":
			s.String(&m.Name)
		case "generateName":
			s.String(&m.GenerateName)
		case "namespace":
			s.String(&m.Namespace)
		case "labels":
			scanStrings(s, &m.Labels)
		case "annotations":
			m.annotations = nil
			m.Annotations = s.Text(func() { scanStrings(s, &m.annotations) })
		case "ownerReferences":
			if m.OwnerReferences != nil {
				s.Fail() // the owners of both lists become one, member by member
			}
			for range s.Elements() {
				var owner podOwner
				owner.raw = s.Text(func() { scanOwner(s, &owner) })
				m.OwnerReferences = append(m.OwnerReferences, owner)
			}
		case "deletionTimestamp":
			m.DeletionTimestamp = nil
			if !s.Null() {
				m.DeletionTimestamp = &metav1.Time{}
				if decode(s.Value(), m.DeletionTimestamp) != nil {
					s.Fail()
				}
			}
		}
	}
}

func scanOwner(s *rawjson.Scanner, o *podOwner) {
	for name := range s.Members() {
		switch string(name) {
		case "uid":
			s.String((*string)(&o.UID))
		case "controller":
			s.Bool(&o.Controller)
		}
	}
}

func scanStatus(s *rawjson.Scanner, status *podStatus) {
	for name := range s.Members() {
		if string(name) == "phase" {
			s.String((*string)(&status.Phase))
		}
	}
}

func scanStrings(s *rawjson.Scanner, m *map[string]string) {
	if s.Null() {
		*m = nil
		return
	}
	if *m == nil {
		*m = map[string]string{}
	}
	var value string
	for name := range s.Members() {
		key := s.Keep(name)
		value = ""
		s.String(&value)
		(*m)[key] = value
	}
}

func scanSpec(s *rawjson.Scanner, m *podSpecMembers) {
	for name := range s.Members() {
		switch string(name) {
		case "initContainers":
			m.InitContainers = s.Value()
		case "containers":
			m.Containers = s.Value()
		case "volumes":
			m.Volumes = s.Value()
		case "imagePullSecrets":
			m.ImagePullSecrets = s.Value()
		}
	}
}

// usualLength is how many elements there is room for in a list at first.
const usualLength = 4

// scanList reads a list whose elements are read by scan, and keeps their raw values beside.
func scanList[T any](scan scan[T]) scan[listOf[T]] {
	return func(s *rawjson.Scanner, list *listOf[T]) {
		for i := range s.Elements() {
			if i == 0 {
				list.raw, list.known = make([]json.RawMessage, 0, usualLength), make([]T, 0, usualLength)
			}
			var known T
			list.known = append(list.known, known)
			list.raw = append(list.raw, s.Text(func() { scan(s, &list.known[i]) }))
		}
	}
}

func scanNamed(s *rawjson.Scanner, n *named) {
	for name := range s.Members() {
		if string(name) == "name" {
			s.String(&n.Name)
		}
	}
}

func scanContainer(s *rawjson.Scanner, c *podContainerMembers) {
	for name := range s.Members() {
		switch string(name) {
		case "name":
			s.String(&c.Name)
		case "restartPolicy":
			s.String((*string)(&c.RestartPolicy))
		case "env":
			c.Env = s.Value()
		case "envFrom":
			c.EnvFrom = s.Value()
		case "volumeMounts":
			c.VolumeMounts = s.Value()
		case "volumeDevices":
			c.VolumeDevices = s.Value()
		case "resources":
			c.Resources = s.Value()
		}
	}
}

func scanVariable(s *rawjson.Scanner, v *envVar) {
	for name := range s.Members() {
		switch string(name) {
		case "name":
			s.String(&v.Name)
		case "value":
			s.String(&v.Value)
		}
	}
}

func scanMount(s *rawjson.Scanner, m *mount) {
	for name := range s.Members() {
		switch string(name) {
		case "name":
			s.String(&m.Name)
		case "mountPath":
			s.String(&m.MountPath)
		case "subPath":
			s.String(&m.SubPath)
		case "subPathExpr":
			s.String(&m.SubPathExpr)
		}
	}
}

func scanDevice(s *rawjson.Scanner, d *device) {
	for name := range s.Members() {
		switch string(name) {
		case "name":
			s.String(&d.Name)
		case "devicePath":
			s.String(&d.DevicePath)
		}
	}
}

// listOf is a list of the pod: its elements as they came, and what is known of each.
type listOf[T any] struct {
	raw   []json.RawMessage
	known []T
}

// UnmarshalJSON lets decode read what scanList does not accept.
func (l *listOf[T]) UnmarshalJSON(raw []byte) error {
	if err := decode(raw, &l.raw); err != nil {
		return err
	}
	return decode(raw, &l.known)
}
