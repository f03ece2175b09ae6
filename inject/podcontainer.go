package inject

import (
	"encoding/json"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

// podContainer is a container of the incoming pod. Its lists stay raw until a sidecar asks for them.
type podContainer struct {
	path string // for messages, such as spec.containers[0]
	podContainerMembers
	variables []envVar // once they are read
}

type podContainerMembers struct {
	Name          string                        `json:"name"`
	RestartPolicy corev1.ContainerRestartPolicy `json:"restartPolicy"`
	Env           json.RawMessage               `json:"env"`
	EnvFrom       json.RawMessage               `json:"envFrom"`
	VolumeMounts  json.RawMessage               `json:"volumeMounts"`
	VolumeDevices json.RawMessage               `json:"volumeDevices"`
	Resources     json.RawMessage               `json:"resources"`
}

// envVar, mount and device are entries of a container's lists: the raw entry, and the members that rules look at.
type (
	envVar struct {
		Name  string `json:"name"`
		Value string `json:"value"`
		raw   json.RawMessage
	}
	mount struct {
		Name        string `json:"name"`
		MountPath   string `json:"mountPath"`
		SubPathExpr string `json:"subPathExpr"`
		raw         json.RawMessage
	}
	device struct {
		Name       string `json:"name"`
		DevicePath string `json:"devicePath"`
		raw        json.RawMessage
	}
)

// resourceList holds what resource expressions can use.
type resourceList struct {
	Limits   map[corev1.ResourceName]resource.Quantity `json:"limits"`
	Requests map[corev1.ResourceName]resource.Quantity `json:"requests"`
}

func readContainers(raw json.RawMessage, path string) (containerList, error) {
	list, err := readList(raw, path)
	if err != nil {
		return containerList{}, err
	}
	containers := make([]podContainer, len(list.elements))
	list.names = make([]string, len(list.elements))
	for i, element := range list.elements {
		containers[i].path = fmt.Sprintf("%s[%d]", path, i)
		if err := decode(element, &containers[i].podContainerMembers); err != nil {
			return containerList{}, malformed(containers[i].path, err)
		}
		list.names[i] = containers[i].Name
	}
	return containerList{rawList: list, containers: containers}, nil
}

// env reads the variables once: there may be thousands, and several rules ask for them.
func (c *podContainer) env() (variables []envVar, err error) {
	if c.variables == nil {
		c.variables, err = readEntries(c.Env, c.path+".env", func(raw json.RawMessage) (e envVar, err error) {
			err = decode(raw, &e)
			e.raw = raw
			return e, err
		})
	}
	return c.variables, err
}

func (c *podContainer) mounts() ([]mount, error) {
	return readEntries(c.VolumeMounts, c.path+".volumeMounts", func(raw json.RawMessage) (m mount, err error) {
		err = decode(raw, &m)
		m.raw = raw
		return m, err
	})
}

func (c *podContainer) devices() ([]device, error) {
	return readEntries(c.VolumeDevices, c.path+".volumeDevices", func(raw json.RawMessage) (d device, err error) {
		err = decode(raw, &d)
		d.raw = raw
		return d, err
	})
}

func (c *podContainer) resources() (resourceList, error) {
	var list resourceList
	if absent(c.Resources) {
		return list, nil
	}
	if err := decode(c.Resources, &list); err != nil {
		return list, malformed(c.path+".resources", err)
	}
	for _, quantities := range []map[corev1.ResourceName]resource.Quantity{list.Limits, list.Requests} {
		for name, quantity := range quantities {
			if !computable(quantity) {
				return list, malformed(fmt.Sprintf("%s.resources: %s", c.path, name), errors.New("the quantity is too large"))
			}
		}
	}
	return list, nil
}

// computable keeps out quantities such as 1e999999999, which take a few bytes to write and gigabytes to add up or compare.
func computable(quantity resource.Quantity) bool {
	dec := quantity.AsDec()
	return dec.Scale() > -30 && dec.UnscaledBig().BitLen() < 128
}

func readEntries[T any](raw json.RawMessage, path string, read func(json.RawMessage) (T, error)) ([]T, error) {
	list, err := readList(raw, path)
	if err != nil || len(list.elements) == 0 {
		return nil, err
	}
	entries := make([]T, len(list.elements))
	for i, element := range list.elements {
		if entries[i], err = read(element); err != nil {
			return nil, malformed(fmt.Sprintf("%s[%d]", path, i), err)
		}
	}
	return entries, nil
}

// injected says whether the container carries the mark of an injected one. The first variable of that name counts, and only
// its literal value (spec/inject.md 8.6).
func (c *podContainer) injected() (bool, error) {
	env, err := c.env()
	if err != nil {
		return false, err
	}
	for _, variable := range env {
		if variable.Name == sidecarset.InjectedEnv {
			return variable.Value == sidecarset.InjectedEnvValue, nil
		}
	}
	return false, nil
}
