package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// PreviousTag is the tag of the images that BuildServicesOf makes.
func (c *Cluster) PreviousTag() string { return c.Tag + "-previous" }

// BuildServicesOf builds and loads the services as they were at a commit, under
// PreviousTag. They are compiled as their own time had it, and packed like
// those of today.
func (c *Cluster) BuildServicesOf(ctx context.Context, commit string, names ...string) error {
	begin := time.Now()
	folder, err := c.Temp("previous")
	if err != nil {
		return err
	}
	archive := filepath.Join(folder, "source.tar")
	if _, err := c.Run(ctx, nil, "git", "archive", "--output", archive, commit); err != nil {
		return fmt.Errorf("the source of commit %s (a shallow clone has none): %w", commit, err)
	}
	source := filepath.Join(folder, "source")
	if err := os.Mkdir(source, 0o750); err != nil {
		return err
	}
	if _, err := c.Run(ctx, nil, "tar", "--extract", "--file", archive, "--directory", source); err != nil {
		return err
	}
	binaries := filepath.Join(folder, "context", "bin", "linux-"+runtime.GOARCH)
	if err := os.MkdirAll(binaries, 0o750); err != nil {
		return err
	}
	// The certificates of today's images.
	certificates := "ca-certificates.crt"
	if err := copyFile(filepath.Join(binaries, certificates), c.Path("bin", "linux-"+runtime.GOARCH, certificates)); err != nil {
		return err
	}
	for _, name := range names {
		environment := []string{"CGO_ENABLED=0", "GOOS=linux", "GOWORK=off", "GOFLAGS=-buildvcs=false"}
		if _, err := c.Run(ctx, environment, "go", "-C", filepath.Join(source, "services", name), "build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(binaries, name), "."); err != nil {
			return err
		}
		err := c.LoadImage(ctx, c.Repository(name)+":"+c.PreviousTag(), filepath.Join(folder, "context"), "-f", c.Path("services", name, "Dockerfile"),
			"--build-arg", "BASE=scratch", "--build-arg", "BUILD=prebuilt", "--build-arg", "VERSION="+commit)
		if err != nil {
			return err
		}
	}
	c.Say("  images of %s: %.1f s", commit, time.Since(begin).Seconds())
	return nil
}
