//! The primitives, as this crate wires them, against published vectors.

use crate::{
    derive::{Schedule, TagKey},
    envelope::{Pair, seal_message},
    sealer::cipher,
    secret::Secret,
    testing::hex,
};
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    hmac,
};
use kernel::Entropy;

fn secret(text: &str) -> Secret {
    Secret::copied(&hex(text)).unwrap()
}

/// RFC 5869, appendix A, cases 1 to 3.
#[test]
fn hkdf_sha_256() {
    let counted = |from: u8, to: u8| (from..=to).collect::<Vec<u8>>();
    let cases = [
        (
            vec![0x0b; 22],
            counted(0x00, 0x0c),
            counted(0xf0, 0xf9),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            counted(0x00, 0x4f),
            counted(0x60, 0xaf),
            counted(0xb0, 0xff),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09\
             da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
        ),
        (
            vec![0x0b; 22],
            Vec::new(),
            Vec::new(),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ];
    for (key, salt, info, okm) in cases {
        let mut out = vec![0; hex(okm).len()];
        Schedule::new(&salt, &key).expand(&info, &mut out);
        assert_eq!(out, hex(okm));
    }
}

/// RFC 4231, cases 1, 2 and 6.
#[test]
fn hmac_sha_256() {
    let cases: [(&[u8], &[u8], &str); 3] = [
        (&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
    ];
    for (key, message, tag) in cases {
        assert_eq!(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref(), hex(tag));
    }
}

#[test]
fn a_tag_is_the_hmac_of_its_domain_and_value() {
    let key = TagKey::new(&secret(&"0b".repeat(32)));
    let message = [&6_u64.to_be_bytes()[..], b"domain", b"value"].concat();
    assert_eq!(key.tag("domain", b"value"), hmac::sign(&key.0, &message).as_ref());
    assert_ne!(key.tag("domain", b"value"), key.tag("domai", b"nvalue"));
}

/// RFC 8452, appendix C.2.
#[test]
fn aes_256_gcm_siv() {
    const KEY: &str = "0100000000000000000000000000000000000000000000000000000000000000";
    let cases = [
        ("", "", "07f5f4169bbf55a8400cd47ea6fd400f"),
        ("", "0100000000000000", "c2ef328e5c71c83b843122130f7364b761e0b97427e3df28"),
        (
            "",
            "01000000000000000000000000000000",
            "85a01b63025ba19b7fd3ddfc033b3e76c9eac6fa700942702e90862383c6c366",
        ),
        (
            "",
            "0100000000000000000000000000000002000000000000000000000000000000",
            "4a6a9db4c8c6549201b9edb53006cba821ec9cf850948a7c86c68ac7539d027fe819e63abcd020b006a976397632eb5d",
        ),
        ("01", "0200000000000000", "1de22967237a813291213f267e3b452f02d01ae33e4ec854"),
        ("01", "020000000000000000000000", "163d6f9cc1b346cd453a2e4cc1a4a19ae800941ccdc57cc8413c277f"),
    ];
    for (aad, plain, sealed) in cases {
        let cipher = cipher(&secret(KEY));
        let nonce = || Nonce::try_assume_unique_for_key(&hex("030000000000000000000000")).unwrap();
        let mut buffer = hex(plain);
        cipher.seal_in_place_append_tag(nonce(), Aad::from(hex(aad)), &mut buffer).unwrap();
        assert_eq!(buffer, hex(sealed));
        assert_eq!(cipher.open_in_place(nonce(), Aad::from(hex(aad)), &mut buffer).unwrap(), hex(plain));
    }
}

/// D. `McGrew` and J. Viega, *The Galois/Counter Mode of Operation* (submitted to NIST), test cases 13, 14 and 16.
#[test]
fn aes_256_gcm() {
    let (zero, key) = ("00".repeat(32), "feffe9928665731c6d6a8f9467308308".repeat(2));
    let cases = [
        (zero.as_str(), "000000000000000000000000", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
        (
            zero.as_str(),
            "000000000000000000000000",
            "",
            "00000000000000000000000000000000",
            "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919",
        ),
        (
            key.as_str(),
            "cafebabefacedbaddecaf888",
            "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b1\
             6aedf5aa0de657ba637b39",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b105682883\
             8c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b",
        ),
    ];
    for (key, nonce, aad, plain, sealed) in cases {
        let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &hex(key)).unwrap());
        let nonce = || Nonce::try_assume_unique_for_key(&hex(nonce)).unwrap();
        let (plain, sealed) = (hex(plain), hex(sealed));
        let mut out = vec![0; sealed.len()];
        let (ciphertext, tag) = out.split_at_mut(plain.len());
        cipher.seal_out_of_place_scatter(nonce(), Aad::from(hex(aad)), &plain, ciphertext, &[], tag).unwrap();
        assert_eq!(out, sealed);
        let mut back = vec![0; plain.len()];
        let (ciphertext, tag) = sealed.split_at(plain.len());
        cipher.open_separate_gather(nonce(), Aad::from(hex(aad)), ciphertext, tag, &mut back).unwrap();
        assert_eq!(back, plain);
    }
}

/// RFC 9180, appendix A.2.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, `ChaCha20Poly1305`, base mode, first message.
#[test]
fn hpke() {
    let ikm_e = hex("909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b");
    let recipient = Pair::derive(&secret("1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df"));
    let info = hex("4f6465206f6e2061204772656369616e2055726e");
    let (aad, plain) = (hex("436f756e742d30"), b"Beauty is truth, truth beauty");
    let sealed = hex("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a\
                      1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28");
    assert_eq!(
        *recipient.public(),
        hex("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a").as_slice()
    );

    let entropy = Entropy::new(move |buffer| buffer.copy_from_slice(&ikm_e));
    assert_eq!(seal_message(&entropy, recipient.public(), &info, &aad, plain).unwrap(), sealed);
    assert_eq!(*recipient.open_message(&info, &aad, &sealed).unwrap(), plain);

    // The private half as the RFC prints it, not clamped; and as we wrap it.
    let printed = secret("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb");
    for private in [printed, recipient.private()] {
        let pair = Pair::from_private(&private).unwrap();
        assert_eq!(pair.public(), recipient.public());
        assert_eq!(*pair.open_message(&info, &aad, &sealed).unwrap(), plain);
    }
}

#[test]
fn hpke_refuses_a_public_key_of_small_order() {
    let entropy = crate::testing::entropy(1);
    assert!(seal_message(&entropy, &[0; 32], b"", b"", b"plain").is_err());
}
