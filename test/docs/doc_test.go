// Package docs holds the documentation to the product. Every command in a block marked `console` is executed, in the order of the document,
// against a real control plane, and what it prints is compared with what the block shows. Commands that are shown elsewhere, in sentences,
// tables and the examples of docs/cli.md, are executed by testdata/elsewhere.md, in settings that would be in the way of a reader;
// the few that cannot be are listed, each with its reason, in executed_test.go. Examples are valid, links lead somewhere, and flags, values,
// metrics and alerts that are named exist.
//
// A document says what its commands need by a comment, which readers do not see:
//
//	<!-- run: files -->      no cluster; this is so from the beginning
//	<!-- run: installed -->  a new cluster in which the product is installed
//	<!-- run: bare -->       a new cluster without it
//
// Commands run in a folder that has examples/ and deploy/ of the repository, and all YAML blocks of the document whose first line is a comment
// with a file name, under that name. A line of an output may hold "..." for any text; a line that is nothing else stands for any lines.
//
//	go test ./docs -run TestCommands/quick-start.md -update    # show what is printed now
package docs
