//! What a picture must be, and what is made of it.

use bytes::Bytes;
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage,
    codecs::jpeg::JpegEncoder, imageops::FilterType,
};
use kernel::{Error, Result};
use std::{io::Cursor, sync::Arc};
use tokio::sync::Semaphore;

/// Pixels a side of what is kept.
pub(crate) const SIDE: u32 = 256;
/// The largest that is sent, in bytes.
pub(super) const LARGEST: usize = 5 << 20;
/// The most pixels of what is sent: what phones take. A file of 5 MiB may say that it holds a thousand times as many.
const PIXELS: u64 = 26_000_000;
/// The most memory that a decoder takes for them.
const MEMORY: u64 = 128 << 20;
/// How well what is kept looks, of 100.
const QUALITY: u8 = 85;
/// What shows through where a picture is transparent: paper by day.
const PAPER: [u8; 3] = [0xfd, 0xfd, 0xfa];

/// Where pictures are made small, one at a time: each takes memory and a processor for a moment.
#[derive(Debug)]
pub(crate) struct Easel(Arc<Semaphore>);

impl Default for Easel {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

impl Easel {
    /// The picture to keep of what was sent. It holds its turn to the end, also where nobody waits for it any more.
    pub(super) async fn draw(&self, sent: Bytes) -> Result<Vec<u8>> {
        let turn = Arc::clone(&self.0).acquire_owned().await.map_err(Error::internal)?;
        let work = tokio::task::spawn_blocking(move || {
            let drawn = square(&sent);
            drop(turn);
            drawn
        });
        work.await.map_err(Error::internal)?
    }
}

/// The middle of a picture, small, upright and without anything beside its pixels. Of one that moves it is the first frame.
fn square(sent: &[u8]) -> Result<Vec<u8>> {
    let Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)) = image::guess_format(sent)
    else {
        return Err(refused("picture-type"));
    };
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(sent), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| unreadable(&error))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS {
        return Err(too_many_pixels());
    }
    // What says in which way the camera was held is nothing to fail for.
    let orientation = decoder.orientation();
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|error| unreadable(&error))?;
    let side = width.min(height);
    picture = picture.crop_imm((width - side) / 2, (height - side) / 2, side, side);
    picture = picture.resize_exact(SIDE, SIDE, FilterType::CatmullRom);
    if let Ok(orientation) = orientation {
        picture.apply_orientation(orientation);
    }
    let mut small = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut small, QUALITY);
    on_paper(&picture).write_with_encoder(encoder).map_err(Error::internal)?;
    Ok(small)
}

/// What is seen of a picture that may be transparent.
fn on_paper(picture: &DynamicImage) -> RgbImage {
    let mut seen = RgbImage::new(picture.width(), picture.height());
    for (pixel, over) in seen.pixels_mut().zip(picture.to_rgba8().pixels()) {
        let [.., alpha] = over.0;
        for ((under, over), paper) in pixel.0.iter_mut().zip(over.0).zip(PAPER) {
            let mixed = u32::from(over) * u32::from(alpha) + u32::from(paper) * u32::from(u8::MAX - alpha);
            *under = u8::try_from(mixed / u32::from(u8::MAX)).unwrap_or(u8::MAX);
        }
    }
    seen
}

fn refused(code: &'static str) -> Error {
    Error::invalid(code, "picture")
}

fn too_many_pixels() -> Error {
    refused("picture-too-many-pixels").with("limit", PIXELS / 1_000_000)
}

fn unreadable(error: &ImageError) -> Error {
    match error {
        ImageError::Limits(_) => too_many_pixels(),
        // Its words may repeat what is in the file.
        _ => refused("picture-unreadable"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgba, RgbaImage, codecs::png::PngEncoder, codecs::webp::WebPEncoder};

    /// Three stripes: red, green, blue, of which the middle one is a square.
    fn striped(upright: bool) -> RgbaImage {
        let (width, height) = if upright { (40, 120) } else { (120, 40) };
        RgbaImage::from_fn(width, height, |x, y| match x.max(y) / 40 {
            0 => Rgba([255, 0, 0, 255]),
            1 => Rgba([0, 255, 0, 255]),
            _ => Rgba([0, 0, 255, 255]),
        })
    }

    fn png(picture: &RgbaImage) -> Vec<u8> {
        let mut bytes = Vec::new();
        picture.write_with_encoder(PngEncoder::new(&mut bytes)).unwrap();
        bytes
    }

    fn seen(kept: &[u8]) -> RgbImage {
        assert_eq!(image::guess_format(kept).unwrap(), ImageFormat::Jpeg);
        let picture = image::load_from_memory(kept).unwrap().to_rgb8();
        assert_eq!(picture.dimensions(), (SIDE, SIDE));
        picture
    }

    fn is_near(pixel: image::Rgb<u8>, colour: [u8; 3]) -> bool {
        pixel.0.iter().zip(colour).all(|(a, b)| a.abs_diff(b) < 16)
    }

    #[test]
    fn the_middle_of_each_kind_is_kept_and_small() {
        let mut jpeg = Vec::new();
        let rgb = DynamicImage::ImageRgba8(striped(false)).to_rgb8();
        rgb.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, 95)).unwrap();
        let mut webp = Vec::new();
        striped(true).write_with_encoder(WebPEncoder::new_lossless(&mut webp)).unwrap();
        for sent in [png(&striped(false)), png(&striped(true)), jpeg, webp] {
            let kept = square(&sent).unwrap();
            assert!(kept.len() < 40_000, "{}", kept.len());
            let (picture, middle) = (seen(&kept), SIDE / 2);
            for at in [(middle, middle), (20, middle), (middle, 20), (SIDE - 20, SIDE - 20)] {
                let pixel = *picture.get_pixel(at.0, at.1);
                assert!(is_near(pixel, [0, 255, 0]), "{at:?}: {pixel:?}");
            }
        }
    }

    #[test]
    fn what_is_transparent_is_paper_and_one_pixel_is_enough() {
        let kept = square(&png(&RgbaImage::from_pixel(1, 1, Rgba([0, 0, 0, 0])))).unwrap();
        assert!(seen(&kept).pixels().all(|pixel| is_near(*pixel, PAPER)));
    }

    /// A JPEG whose camera was turned: the block `APP1` with the tag of orientation (Exif 2.3, section 4.6.4), and a place.
    fn turned(orientation: u8) -> Vec<u8> {
        let half =
            RgbImage::from_fn(64, 64, |x, _| image::Rgb(if x < 32 { [255, 0, 0] } else { [0, 0, 255] }));
        let mut plain = Vec::new();
        half.write_with_encoder(JpegEncoder::new_with_quality(&mut plain, 95)).unwrap();
        let mut block = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        block.extend([orientation, 0, 0, 0, 0, 0, 0]);
        block.extend(b"canary: 48.8566 N 2.3522 E");
        let length = u16::try_from(block.len() + 2).unwrap().to_be_bytes();
        [&plain[..2], &[0xff, 0xe1], &length, &block, &plain[2..]].concat()
    }

    #[test]
    fn a_picture_stands_upright_and_says_nothing_of_where_it_was_taken() {
        for (orientation, red_at) in [(1, (20, 128)), (3, (236, 128)), (6, (128, 20)), (8, (128, 236))] {
            let kept = square(&turned(orientation)).unwrap();
            let pixel = *seen(&kept).get_pixel(red_at.0, red_at.1);
            assert!(is_near(pixel, [254, 0, 0]), "{orientation}: {pixel:?}");
            for trace in [&b"canary"[..], b"Exif", b"ICC_PROFILE"] {
                assert!(!kept.windows(trace.len()).any(|window| window == trace), "{orientation}");
            }
        }
    }

    #[test]
    fn what_is_no_picture_or_too_much_of_one_is_refused_before_it_takes_memory() {
        let good = png(&striped(false));
        let code = |sent: &[u8]| square(sent).unwrap_err().code();
        for other in [
            &b""[..],
            b"content",
            b"GIF89a\x01\0\x01\0\0\0\0;",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"BM",
        ] {
            assert_eq!(code(other), "picture-type", "{other:?}");
        }
        for broken in [
            &good[..40],
            &good[..good.len() / 2],
            b"\x89PNG\r\n\x1a\n",
            b"\xff\xd8\xff\xe0",
            b"RIFF\x04\0\0\0WEBP",
        ] {
            assert_eq!(code(broken), "picture-unreadable", "{broken:?}");
        }
        // The head alone says how large it would be: 65,535 pixels a side.
        let mut bomb = good;
        bomb[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
        let sum = crc(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&sum.to_be_bytes());
        assert_eq!(code(&bomb), "picture-too-many-pixels");
    }

    /// The checksum of a block of PNG (ISO 3309).
    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
                if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 }
            })
        })
    }
}
