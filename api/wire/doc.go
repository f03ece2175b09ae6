// Package wire reads objects of others.
//
// [Decode] and [DecodeVersion] read the objects that admission requests carry, the way the API server and OpenKruise read them: member names are
// case-sensitive, unknown members are ignored, wrong types are errors. Before an object becomes a type, it is searched for what is short to
// write and takes minutes or gigabytes to read: see [CheckQuantities] and [CheckEntries].
//
// [FromYAML] reads a document of a manifest or of a configuration file, which people write, strictly: what is repeated or stands behind the end is
// an error, because it would be lost without a word.
//
// [IsDryRun] says whether a request is to change anything.
package wire
