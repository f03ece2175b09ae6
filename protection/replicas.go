package protection

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	kjson "sigs.k8s.io/json"
)

// replicas decides Cascading of a workload by one integer of the object alone (spec/protection.md 4.1): pods that still run or terminate
// below a workload scaled to 0 do not block, and one that never got a pod does. Absent counts as 0, because whoever fills in the default 1
// did not see the object.
func replicas(raw []byte, path []string, subject string) finding {
	name := strings.Join(path, ".")
	count, set, err := integerAt(raw, path)
	switch {
	case err != nil:
		return blocked(err.Error(), "how many replicas "+subject+notTold)
	case !set:
		return free("%s is not set", name)
	case count <= 0:
		return free("%s is %d", name, count)
	}
	return blocked(fmt.Sprintf("%s %d>0", path[len(path)-1], count), fmt.Sprintf("to delete %s, %s first", subject, scaleDown(path)))
}

// Words about what is no number of replicas. The policies say them, too, and cannot quote a value of just any type (twin.go).
const (
	notInteger = " is not an integer"
	notTold    = " has cannot be found out; correct that"
)

// scaleDown says what to do about replicas.
func scaleDown(path []string) string {
	if name := strings.Join(path, "."); name != "spec.replicas" {
		return "set " + name + " to 0"
	}
	return "scale it to 0 replicas"
}

// integerAt reads the integer at a path of a JSON object. It is not set when it or something above it is absent or null, and an error
// when something else is there.
func integerAt(raw []byte, path []string) (value int64, set bool, err error) {
	name := strings.Join(path, ".")
	for _, field := range path {
		var members map[string]json.RawMessage
		if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &members); err != nil {
			return 0, false, errors.New(name + notInteger)
		}
		if raw = members[field]; len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
			return 0, false, nil
		}
	}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &value); err != nil {
		return 0, false, errors.New(name + notInteger)
	}
	return value, true, nil
}
