package convert

// PersistentPodState: v1beta1 calls the labels of a topology term keys (spec/server.md 12.2).

const topologyKeys, oldTopologyKeys = "keys", "nodeTopologyKeys"

func persistentPodStateUp(root *object) error {
	return eachTopologyTerm(root, func(term *object) { renameTopologyKeys(term, oldTopologyKeys, topologyKeys) })
}

func persistentPodStateDown(root *object) error {
	return eachTopologyTerm(root, func(term *object) { renameTopologyKeys(term, topologyKeys, oldTopologyKeys) })
}

func eachTopologyTerm(root *object, change func(term *object)) error {
	spec, err := root.child("spec")
	if err != nil {
		return err
	}
	required, err := spec.child("requiredPersistentTopology")
	if err != nil {
		return err
	}
	change(required)
	return spec.each("preferredPersistentTopology", func(preferred *object) error {
		preference, err := preferred.child("preference")
		if err == nil {
			change(preference)
		}
		return err
	})
}

// renameTopologyKeys keeps keys that are null: without them the term would be gone, and a term without keys is another wish than none.
func renameTopologyKeys(term *object, from, to string) {
	keys, ok := term.members[from]
	if ok {
		term.members[to] = keys
		term.delete(from)
	} else {
		term.delete(to)
	}
}
