package sidecarset

import (
	"fmt"
	"hash/fnv"
	"strconv"
)

// maxRevisionPrefix is how many bytes of a SidecarSet's name go into the names of its ControllerRevisions, the same as in
// Kubernetes' own controllers. The rest of the 253 is for a dash and the hash.
const maxRevisionPrefix = 223

// RevisionHash hashes the data of a ControllerRevision for its name and for [RevisionHashLabel] (spec/inject.md 3.1).
// collisions counts the earlier attempts at a free name; the first attempt has status.collisionCount, normally 0.
func RevisionHash(data []byte, collisions int32) string {
	sum := fnv.New32()
	_, _ = sum.Write(data) // a hash never fails
	_, _ = sum.Write(strconv.AppendInt(nil, int64(collisions), 10))
	return Safe(strconv.FormatUint(uint64(sum.Sum32()), 10))
}

// RevisionName is the name of the ControllerRevision of a SidecarSet whose data has that hash.
func RevisionName(sidecarSet, hash string) string {
	return fmt.Sprintf("%s-%s", sidecarSet[:min(len(sidecarSet), maxRevisionPrefix)], hash)
}
