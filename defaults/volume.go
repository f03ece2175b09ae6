package defaults

// Defaults of volumes (spec/validate-workload-common.md 7), for pod templates and SidecarSets.

// defaultFileMode is 0644 in decimal, the mode of projected files.
const defaultFileMode = 420

// tokenLifetime is how long a projected service account token lives, in seconds.
const tokenLifetime = 3600

// volumes fills in the list of volumes of a pod spec or SidecarSet.
func volumes(holder *object) {
	for _, volume := range holder.objects("volumes") {
		if !hasSource(volume) {
			volume.write("emptyDir", map[string]any{})
		}
		if volume.has("hostPath") {
			volume.object("hostPath").fillAbsent("type", "")
		}
		for _, member := range []string{"secret", "configMap", "downwardAPI", "projected"} {
			if volume.has(member) {
				volume.object(member).fillAbsent("defaultMode", defaultFileMode)
			}
		}
		downwardAPI(volume.object("downwardAPI"))
		for _, source := range volume.object("projected").objects("sources") {
			downwardAPI(source.object("downwardAPI"))
			if source.has("serviceAccountToken") {
				source.object("serviceAccountToken").fillAbsent("expirationSeconds", tokenLifetime)
			}
		}
	}
}

func downwardAPI(source *object) {
	for _, item := range source.objects("items") {
		fieldRef(item)
	}
}

// hasSource reports whether a volume has any source. A member that this build does not know is taken for one: making the
// volume an emptyDir beside it would give it two.
func hasSource(volume *object) bool {
	for member := range volume.members {
		if member != "name" && volume.has(member) {
			return true
		}
	}
	return false
}
