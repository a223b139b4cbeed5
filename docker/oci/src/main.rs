//! The command `oci`: see the library.

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use clap::Parser;
use oci::{Error, build, dockerfile};
use oci_spec::image::Arch;

/// Builds an image from a Dockerfile that only copies files, without a daemon, and prints its digest.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// The Dockerfile.
    #[arg(short, long, value_name = "PATH")]
    file: PathBuf,
    /// Name and tag of the image.
    #[arg(short, long, value_name = "NAME:TAG")]
    tag: String,
    /// The folder of archives: the new one, and those of the images that it is made from.
    #[arg(long, value_name = "FOLDER", default_value = "bin/images")]
    images: PathBuf,
    /// A value for an ARG of the Dockerfile.
    #[arg(long = "arg", value_name = "NAME=VALUE", value_parser = pair)]
    args: Vec<(String, String)>,
    /// The architecture of the binaries: amd64 or arm64.
    #[arg(long, default_value = "amd64", value_parser = architecture)]
    arch: Arch,
    /// The time that all files bear, in seconds since 1970.
    #[arg(long, env = "SOURCE_DATE_EPOCH", default_value_t = 0)]
    time: u64,
    /// The folder that the Dockerfile's sources are relative to.
    #[arg(value_name = "CONTEXT", default_value = ".")]
    context: PathBuf,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("must be NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn architecture(text: &str) -> Result<Arch, String> {
    match text {
        "amd64" => Ok(Arch::Amd64),
        "arm64" => Ok(Arch::ARM64),
        _ => Err("must be amd64 or arm64".into()),
    }
}

fn run(cli: Cli) -> Result<String, Error> {
    let args: BTreeMap<String, String> = cli.args.into_iter().collect();
    let instructions = dockerfile::parse(&build::read(&cli.file)?, &args)
        .map_err(|source| Error::Dockerfile { path: cli.file, source })?;
    let request = build::Request {
        context: cli.context,
        images: cli.images,
        name: cli.tag,
        architecture: cli.arch,
        time: cli.time,
    };
    build::build(&request, instructions)
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let name = cli.tag.clone();
    match run(cli) {
        Ok(digest) => {
            println!("{name} {digest}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("oci: {error}");
            ExitCode::FAILURE
        }
    }
}
