package conformance

import (
	"maps"
	"slices"
	"testing"

	"github.com/kruise-admission/kruise-admission/internal/recorded"
)

// TestValidate compares defaulting, validation and delete protection, connected to a control plane that holds the universe.
func TestValidate(t *testing.T) {
	const set = "validate"
	folder, complete := folder(t)
	table, ledger := served(), newLedger(t, set)
	cases := slices.DeleteFunc(read(t, folder, set), func(c *recorded.Case) bool {
		if table.serve(c) {
			return false
		}
		totals.notServed(set, c.Family)
		ledger.NotRun(c)
		return true
	})
	u := newUniverse(t, folder, set)
	groups := byGates(cases)
	for _, gates := range slices.Sorted(maps.Keys(groups)) {
		t.Run(groups[gates].name, func(t *testing.T) {
			compare(t, set, u.startServer(t, groups[gates].gates), ledger, groups[gates].cases)
		})
	}
	if complete {
		settled(t, ledger)
	}
}

// workloads are the families that a server without a cluster checks as well: workloads, and what goes with them.
var workloads = []string{
	"cloneset", "statefulset", "daemonset", "uniteddeployment", "resourcedistribution", "seeds",
	"imagepulljob", "imagelistpulljob", "nodeimage", "podprobemarker", "persistentpodstate",
}

// TestValidateWithoutCluster holds the check of workloads by files alone: it knows less, so it may accept more, but it never refuses
// what the recorded decision accepts.
func TestValidateWithoutCluster(t *testing.T) {
	const set = "validate"
	folder, _ := folder(t)
	table := served()
	cases := slices.DeleteFunc(read(t, folder, set), func(c *recorded.Case) bool {
		return !table.serve(c) || !slices.Contains(workloads, c.Family)
	})
	ledger := newLedger(t, set)
	groups := byGates(cases)
	for _, gates := range slices.Sorted(maps.Keys(groups)) {
		t.Run(groups[gates].name, func(t *testing.T) {
			s := startServer(t, groups[gates].gates, uids{}, "--manifests="+recorded.Universe(folder, set))
			compareWithoutCluster(t, set, s, ledger, groups[gates].cases)
		})
	}
}

// group is the cases that one server answers.
type group struct {
	name  string
	gates map[string]bool
	cases []*recorded.Case
}

// byGates groups cases by the value of --feature-gates.
func byGates(cases []*recorded.Case) map[string]*group {
	groups := map[string]*group{}
	for _, c := range cases {
		gates := c.AllGates()
		key := gatesFlag(gates)
		if groups[key] == nil {
			groups[key] = &group{name: "base gates", gates: gates}
			if len(c.Gates) > 0 {
				groups[key].name = gatesFlag(c.Gates)
			}
		}
		groups[key].cases = append(groups[key].cases, c)
	}
	return groups
}
