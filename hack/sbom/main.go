// Command sbom writes beside each archive of a release what its binary is made of, as CycloneDX 1.6 in JSON. It reads what the Go linker
// has put into the binary, so that it lists what is linked and not what go.mod mentions. The same archive gives the same bytes. It is a module
// of its own because the product needs nothing of it.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"runtime/debug"
	"strings"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: sbom ARCHIVE.tar.gz...")
		os.Exit(2)
	}
	for _, archive := range os.Args[1:] {
		if err := describe(archive); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", archive, err)
			os.Exit(1)
		}
	}
}

// describe writes <archive>.cdx.json.
func describe(archive string) error {
	info, err := readBuild(archive)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	encoder := cyclonedx.NewBOMEncoder(&text, cyclonedx.BOMFileFormatJSON).SetPretty(true)
	if err := encoder.EncodeVersion(bill(info, releaseOf(archive)), cyclonedx.SpecVersion1_6); err != nil {
		return err
	}
	return os.WriteFile(archive+".cdx.json", text.Bytes(), 0o644)
}

// releaseOf is the version in the name of an archive: NAME_VERSION_OS_ARCH.tar.gz.
func releaseOf(archive string) string {
	if parts := strings.Split(path.Base(archive), "_"); len(parts) == 4 {
		return parts[1]
	}
	return ""
}

// readBuild finds the program in an archive.
func readBuild(archive string) (*debug.BuildInfo, error) {
	file, err := os.Open(archive)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	files := tar.NewReader(unzipped)
	for {
		_, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("there is no Go program in it")
		}
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(files)
		if err != nil {
			return nil, err
		}
		if info, err := buildinfo.Read(bytes.NewReader(content)); err == nil {
			return info, nil
		}
	}
}

// bill lists the modules of a program, with the Go standard library under the name by which scanners know it.
func bill(info *debug.BuildInfo, version string) *cyclonedx.BOM {
	bom := cyclonedx.NewBOM()
	program := component(cyclonedx.ComponentTypeApplication, info.Main.Path, version)
	bom.Metadata = &cyclonedx.Metadata{Component: &program}
	library := component(cyclonedx.ComponentTypeLibrary, "stdlib", strings.TrimPrefix(info.GoVersion, "go"))
	components, needs := []cyclonedx.Component{library}, []string{library.BOMRef}
	for _, module := range info.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		c := component(cyclonedx.ComponentTypeLibrary, module.Path, module.Version)
		c.Properties = &[]cyclonedx.Property{{Name: "go:sum", Value: module.Sum}}
		components, needs = append(components, c), append(needs, c.BOMRef)
	}
	bom.Components = &components
	bom.Dependencies = &[]cyclonedx.Dependency{{Ref: program.BOMRef, Dependencies: &needs}}
	return bom
}

func component(kind cyclonedx.ComponentType, name, version string) cyclonedx.Component {
	url := "pkg:golang/" + name
	if version != "" {
		url += "@" + version
	}
	return cyclonedx.Component{Type: kind, Name: name, Version: version, PackageURL: url, BOMRef: url}
}
