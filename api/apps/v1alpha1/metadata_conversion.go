package v1alpha1

// How conversions change labels and annotations.

// put writes a label or annotation.
func put(to *map[string]string, key, value string) {
	if *to == nil {
		*to = map[string]string{}
	}
	(*to)[key] = value
}

// remove deletes a label or annotation, and the map with the last one.
func remove(from *map[string]string, key string) {
	if _, ok := (*from)[key]; !ok {
		return
	}
	delete(*from, key)
	if len(*from) == 0 {
		*from = nil
	}
}
