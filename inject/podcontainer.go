package inject

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kruise-admission/kruise-admission/api/rawjson"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
	"github.com/kruise-admission/kruise-admission/api/wire"
)

// podContainer is a container of the incoming pod. Its lists stay raw until a sidecar asks for them.
type podContainer struct {
	list  string // where it stands
	index int
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
		SubPath     string `json:"subPath"`
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
	list, known, err := readList(raw, scanContainer)
	if err != nil {
		return containerList{}, malformed(path, err)
	}
	containers := make([]podContainer, len(known))
	list.names = make([]string, len(known))
	for i := range known {
		containers[i] = podContainer{list: path, index: i, podContainerMembers: known[i]}
		list.names[i] = known[i].Name
	}
	return containerList{rawList: list, containers: containers}, nil
}

// path is where the container stands, for messages, such as spec.containers[0].
func (c *podContainer) path() string { return c.list + "[" + strconv.Itoa(c.index) + "]" }

// env reads the variables once: there may be thousands, and several rules ask for them.
func (c *podContainer) env() ([]envVar, error) {
	if c.variables == nil {
		list, known, err := readList(c.Env, scanVariable)
		if err != nil {
			return nil, malformed(c.path()+".env", err)
		}
		for i := range known {
			known[i].raw = list.elements[i]
		}
		c.variables = known
	}
	return c.variables, nil
}

func (c *podContainer) mounts() ([]mount, error) {
	list, known, err := readList(c.VolumeMounts, scanMount)
	if err != nil {
		return nil, malformed(c.path()+".volumeMounts", err)
	}
	for i := range known {
		known[i].raw = list.elements[i]
	}
	return known, nil
}

func (c *podContainer) devices() ([]device, error) {
	list, known, err := readList(c.VolumeDevices, scanDevice)
	if err != nil {
		return nil, malformed(c.path()+".volumeDevices", err)
	}
	for i := range known {
		known[i].raw = list.elements[i]
	}
	return known, nil
}

func (c *podContainer) resources() (resourceList, error) {
	var list resourceList
	if absent(c.Resources) {
		return list, nil
	}
	// Before decoding: reading 1e-999999999 takes minutes.
	if err := wire.CheckQuantities(c.Resources); err != nil {
		return list, malformed(c.path()+".resources", err)
	}
	if err := decode(c.Resources, &list); err != nil {
		return list, malformed(c.path()+".resources", err)
	}
	for _, quantities := range []map[corev1.ResourceName]resource.Quantity{list.Limits, list.Requests} {
		for name, quantity := range quantities {
			if !computable(quantity) {
				return list, malformed(fmt.Sprintf("%s.resources: %s", c.path(), name), errors.New("the quantity is too large"))
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

// injected says whether the container carries the mark of an injected one. The first variable of that name counts, and only
// its literal value (spec/inject.md 8.6).
func (c *podContainer) injected() (bool, error) {
	if c.variables == nil && !rawjson.MayContain(c.Env, sidecarset.InjectedEnv) {
		return false, nil // most containers: their variables are not read for this
	}
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
