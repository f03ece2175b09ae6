package podsteps

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/inject"
)

// container is what the steps look at in a container.
type container struct {
	list          string
	index         int
	Name          string          `json:"name"`
	RestartPolicy string          `json:"restartPolicy"`
	Env           json.RawMessage `json:"env"`
	LivenessProbe json.RawMessage `json:"livenessProbe"`
}

// variable is an entry of a container's env.
type variable struct {
	Name      string          `json:"name"`
	Value     string          `json:"value"`
	ValueFrom json.RawMessage `json:"valueFrom"`
}

// containers reads spec.containers or spec.initContainers.
func (e *edit) containers(list string) ([]container, error) {
	path := []string{"spec", list}
	_, raw, err := e.find(path)
	if err != nil {
		return nil, err
	}
	cut, err := elements(raw, path)
	if err != nil {
		return nil, err
	}
	containers := make([]container, len(cut))
	for i := range cut {
		c := &containers[i]
		c.list, c.index = list, i
		if absent(cut[i]) {
			return nil, inject.Malformed(fieldPath(c.path()), fmt.Errorf("it is null"))
		}
		if err := decode(cut[i], c.path(), c); err != nil {
			return nil, err
		}
	}
	return containers, nil
}

func (c *container) path(member ...string) []string {
	return append([]string{"spec", c.list, strconv.Itoa(c.index)}, member...)
}

// pointer is the path of a member as operations spell it.
func (c *container) pointer(member ...string) string { return decision.Pointer(c.path(member...)...) }

func (c *container) variables() (variables []variable, err error) {
	if absent(c.Env) {
		return nil, nil
	}
	err = decode(c.Env, c.path("env"), &variables)
	return variables, err
}
